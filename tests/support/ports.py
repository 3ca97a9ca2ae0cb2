# SPDX-License-Identifier: MIT
#
# A port for a server that cannot be told to take any.
import random
import socket


def free_port():
    """Below those that kernels give to clients (32768 and up), so that nobody gets it by chance
    before the server does."""
    while True:
        port = random.randrange(10_000, 32_768)
        try:
            with socket.create_server(("", port)):
                return port
        except OSError:
            pass
