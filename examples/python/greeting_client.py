# Has three people greeted by a greeting server: examples/greeting_client.cc in Python.
#
#     greeting_client.py [HOST [PORT]]
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999

try:
    with socket.create_connection((host, port), timeout=10) as stream:
        print(stream.recv(1024).decode())
        for name in ["Michael", "Tracy", "Sarah"]:
            stream.sendall(name.encode())
            print(stream.recv(1024).decode())
        stream.sendall(b"exit")
except OSError as error:
    sys.exit(str(error))
