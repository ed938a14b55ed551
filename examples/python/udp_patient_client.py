# Asks again when a datagram is lost, and gives up in the end: examples/udp_patient_client.cc in Python.
#
#     udp_patient_client.py [HOST:PORT]
import socket
import sys


def ask(client, name):
    for attempt in [1, 2, 3]:
        client.send(name.encode())
        try:
            return client.recv(1024).decode()
        except TimeoutError:
            if attempt == 3:
                raise
            print(f"{name} was not answered, asking again", flush=True)


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9999").rsplit(":", 1)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((host, int(port)))
        client.settimeout(1)
        for name in ["Michael", "Tracy", "Sarah"]:
            print(ask(client, name), flush=True)
except OSError as error:
    sys.exit(str(error))
