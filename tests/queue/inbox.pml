// SPDX-License-Identifier: MIT
//
// The inbox's algorithm (queue/inbox.hpp) for every interleaving of two producers, a peer and the
// consumer: push is a load and compare-and-swaps, take an exchange, sleep a compare-and-swap.
//
//   spin -a inbox.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan
//
// What is asserted: every accepted node is taken, once, in its producer's order; exactly one push
// after a sleep is told to wake, so nobody sleeps on a node; closed doors let nobody but peers in;
// nothing is accepted and lost when the inbox ends.
//
// With -DPLANTED=1 (a take forgets that the doors are closed), 2 (sleep does not look for nodes
// first) or 3 (a push leaves the asleep flag standing) an assertion has to fail.

#ifndef PLANTED
#define PLANTED 0
#endif

#define PER 2            // nodes of the first producer; the others push one each
#define PRODUCERS 3      // the last is a peer: it passes closed doors
#define NODES 5

#define ASLEEP 1
#define DOORS 2
#define CLOSED 4

#define QUEUED 0
#define WAKE 1
#define REFUSED 2

// The one word: read and written in single steps only.
byte head_node = 0;
byte head_flags = 0;

byte next[NODES + 1];
byte taken[NODES + 1];
byte last[PRODUCERS];    // the number of the last node taken of each
byte accepted = 0;
byte all_taken = 0;
byte done = 0;           // producers that have pushed everything and woken whom they had to
byte bell = 0;
bool owes_wake = false;  // a sleep has succeeded and nobody was told to wake since
bool doors_were_closed = false;

proctype producer(byte me; byte refusing) {
    byte i = 0, node, old_node, old_flags, answer;
    bool began_late;
    do
    :: i < (me == 0 -> PER : 1) ->
        node = me * PER + i + 1;
        i++;
        began_late = doors_were_closed;
        atomic { old_node = head_node; old_flags = head_flags }
        do
        :: (old_flags & refusing) != 0 -> answer = REFUSED; break
        :: else ->
            next[node] = old_node;
            atomic {
                if
                :: head_node == old_node && head_flags == old_flags ->
                    head_node = node;
                    head_flags = old_flags & DOORS;
                    if
                    :: PLANTED == 3 -> head_flags = old_flags & (DOORS | ASLEEP)
                    :: else
                    fi;
                    answer = ((old_flags & ASLEEP) != 0 -> WAKE : QUEUED);
                    accepted++;
                    assert(!(began_late && (refusing & DOORS)));
                    if
                    :: answer == WAKE -> assert(owes_wake); owes_wake = false
                    :: else
                    fi;
                    break
                :: else -> old_node = head_node; old_flags = head_flags
                fi
            }
        od;
        atomic {  // what is not needed any more is forgotten: fewer states that are the same
            node = 0; old_node = 0; old_flags = 0; began_late = false;
            if
            :: answer == WAKE -> bell++
            :: else
            fi;
            answer = 0
        }
    :: else -> break
    od;
    done++
}

// Reverses what was taken and holds it against what each producer did.
inline run_in_order(newest) {
    d_step {
        older = newest;
        oldest = 0;
        do
        :: older != 0 -> node = older; older = next[node]; next[node] = oldest; oldest = node
        :: else -> break
        od;
        do
        :: oldest != 0 ->
            node = oldest;
            oldest = next[node];
            next[node] = 0;
            taken[node]++;
            assert(taken[node] == 1);
            from = (node - 1) / PER;
            assert(node > last[from]);
            last[from] = node;
            all_taken++
        :: else -> break
        od;
        older = 0; oldest = 0; node = 0; from = 0; first = 0; keep = 0
    }
}

inline exchange(with) {
    atomic {
        first = head_node;
        head_node = 0;
        head_flags = with;
        owes_wake = false
    }
}

active proctype consumer() {
    byte first = 0, keep, old_node, old_flags, older, oldest, node, from;
    bool may_sleep;
    atomic {
        run producer(0, DOORS | CLOSED);
        run producer(1, DOORS | CLOSED);
        run producer(2, CLOSED)
    }
    do
    :: // take
        keep = head_flags & (DOORS | CLOSED);
        if
        :: PLANTED == 1 -> keep = 0
        :: else
        fi;
        exchange(keep);
        run_in_order(first)
    :: // sleep, and wait for the wake
        atomic { old_node = head_node; old_flags = head_flags }
        may_sleep = old_node == 0 || PLANTED == 2;
        if
        :: may_sleep ->
            atomic {
                may_sleep = head_node == old_node && head_flags == old_flags;
                if
                :: may_sleep -> head_flags = old_flags | ASLEEP; owes_wake = true
                :: else
                fi
            }
        :: else
        fi;
        if
        :: may_sleep ->
            if
            :: bell > 0 -> bell--
            :: done == PRODUCERS && bell == 0 -> assert(head_node == 0); break
            :: true  // a deadline has come first
            fi
        :: else
        fi;
        atomic { old_node = 0; old_flags = 0; may_sleep = false }
    :: !doors_were_closed -> // close_doors
        atomic { head_flags = head_flags | DOORS; doors_were_closed = true }
    :: break
    od;
    // close
    exchange(CLOSED);
    run_in_order(first);
    done == PRODUCERS;
    assert(all_taken == accepted);
    assert(head_node == 0 && head_flags == CLOSED)
}
