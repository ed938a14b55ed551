# Greets by TCP and by UDP, on one port, at the same time; Ctrl+C ends it: examples/both_greeting_server.cc in Python.
#
#     both_greeting_server.py [ADDRESS:PORT]
import socket
import sys
import threading


def greet_connection(stream):
    with stream:
        stream.sendall(b"Welcome!")
        while True:
            name = stream.recv(1024)
            if not name or name == b"exit":
                break
            stream.sendall(b"Hello, " + name + b"!")


def greet_connections(listener):
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=greet_connection, args=(stream,), daemon=True).start()


def greet_datagrams(server):
    while True:
        name, peer = server.recvfrom(1024)
        server.sendto(b"Hello, " + name + b"!", peer)


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9999").rsplit(":", 1)
try:
    with socket.create_server((host, int(port))) as listener, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(listener.getsockname())
        print("Waiting for connections and datagrams...", flush=True)
        threading.Thread(target=greet_connections, args=(listener,), daemon=True).start()
        greet_datagrams(server)
except OSError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    pass
