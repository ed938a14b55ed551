import email
import email.policy
import poplib
import sys


def print_part(part, indent=0):
    print("  " * indent + part.get_content_type(), part.get_filename() or "")
    if part.is_multipart():
        for child in part.iter_parts():
            print_part(child, indent + 1)
    elif part.get_content_maintype() == "text":
        print(part.get_content())


user, password = input("Email: "), input("Password: ")
host, port = input("POP3 server: "), int(input("Port: "))
try:
    box = poplib.POP3_SSL(host, port, timeout=30)
    print(box.getwelcome().decode())
    box.user(user)
    box.pass_(password)
    count, size = box.stat()
    print(f"Messages: {count}. Size: {size}")
    for line in box.list()[1]:
        print(line.decode())
    octets = b"\r\n".join(box.retr(count)[1])
    message = email.message_from_bytes(octets, policy=email.policy.default)
    for name in "From", "To", "Subject":
        print(f"{name}: {message[name]}")
    print_part(message)
    box.quit()
except (OSError, poplib.error_proto) as error:
    sys.exit(str(error))
