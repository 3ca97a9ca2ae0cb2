# SPDX-License-Identifier: MIT
#
# Many peers that say something one byte at a time and never finish.
import selectors

PAUSE = 0.05  # seconds between two bytes of a peer


def drip(peers, text=b""):
    """All of them at once, `text` and then anything, until the server has closed every one. What
    they heard is in `unread`."""
    waiting, sent = dict.fromkeys(peers), 0
    with selectors.DefaultSelector() as selector:
        for each in peers:
            selector.register(each.socket, selectors.EVENT_READ, each)
        while waiting:
            for each in waiting:
                each.say(text[sent:sent + 1] or b"x")
            sent += 1
            for key, _ in selector.select(PAUSE):
                part = key.data.more()
                key.data.unread += part
                if not part:
                    selector.unregister(key.fileobj)
                    waiting.pop(key.data)
