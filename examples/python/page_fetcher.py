# Fetches a page and saves it: examples/page_fetcher.cc in Python.
#
#     page_fetcher.py [HOST [PORT [FILE]]]
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "example.org"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 80

try:
    with socket.create_connection((host, port), timeout=10) as stream:
        stream.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        page = b""
        while piece := stream.recv(1024):
            page += piece
    header, body = page.split(b"\r\n\r\n", 1)
    print(header.decode())
    with open(sys.argv[3] if len(sys.argv) > 3 else "page.html", "wb") as file:
        file.write(body)
except (OSError, ValueError) as error:
    sys.exit(str(error))
