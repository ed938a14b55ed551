# Has three people greeted by a UDP greeting server: examples/udp_greeting_client.cc in Python.
#
#     udp_greeting_client.py [ADDRESS:PORT]
import socket
import sys

host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9999").rsplit(":", 1)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        for name in ["Michael", "Tracy", "Sarah"]:
            client.sendto(name.encode(), (host, int(port)))
            print(client.recv(1024).decode())
except OSError as error:
    sys.exit(str(error))
