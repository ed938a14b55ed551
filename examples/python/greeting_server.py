# Greets everybody who connects, all at the same time; Ctrl+C ends it: examples/greeting_server.cc in Python.
#
#     greeting_server.py [ADDRESS:PORT]
import socket
import sys
import threading
import time


def greet(stream, peer):
    print(f"Accept new connection from {peer}...", flush=True)
    with stream:
        stream.sendall(b"Welcome!")
        while True:
            name = stream.recv(1024).decode()
            if not name or name == "exit":
                break
            time.sleep(1)
            stream.sendall(f"Hello, {name}!".encode())
    print(f"Connection from {peer} closed.", flush=True)


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9999").rsplit(":", 1)
try:
    with socket.create_server((host, int(port))) as listener:
        print("Waiting for connection...", flush=True)
        while True:
            stream, address = listener.accept()
            threading.Thread(target=greet, args=(stream, f"{address[0]}:{address[1]}"), daemon=True).start()
except OSError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    pass
