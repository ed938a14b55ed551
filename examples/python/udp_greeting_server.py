# Greets whoever sends a name by UDP: examples/udp_greeting_server.cc in Python.
#
#     udp_greeting_server.py [ADDRESS:PORT]
import socket
import sys

host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9999").rsplit(":", 1)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, int(port)))
        print(f"Bind UDP on {port}...", flush=True)
        while True:
            name, peer = server.recvfrom(1024)
            print(f"Received from {peer[0]}:{peer[1]}.", flush=True)
            server.sendto(b"Hello, " + name + b"!", peer)
except OSError as error:
    sys.exit(str(error))
