import email
import email.policy
import imaplib
import sys


def print_part(part, indent=0):
    print("  " * indent + part.get_content_type(), part.get_filename() or "")
    if part.is_multipart():
        for child in part.iter_parts():
            print_part(child, indent + 1)
    elif part.get_content_maintype() == "text":
        print(part.get_content())


user, password = input("Email: "), input("Password: ")
host, port = input("IMAP server: "), int(input("Port: "))
try:
    box = imaplib.IMAP4_SSL(host, port, timeout=30)
    box.login(user, password)
    for line in box.list()[1]:
        print(line.decode())
    print("Messages:", box.select("INBOX")[1][0].decode())
    unread = box.uid("SEARCH", None, "UNSEEN")[1][0].split()
    if unread:
        newest = unread[-1].decode()
        octets = box.uid("FETCH", newest, "(BODY.PEEK[])")[1][0][1]
        message = email.message_from_bytes(octets, policy=email.policy.default)
        for name in "From", "To", "Subject":
            print(f"{name}: {message[name]}")
        print_part(message)
        box.uid("STORE", newest, "+FLAGS", "(\\Seen)")
        box.uid("COPY", newest, "Trash")          # imaplib has no MOVE
        box.uid("STORE", newest, "+FLAGS", "(\\Deleted)")
        box.expunge()
    box.logout()                                  # nor IDLE, before Python 3.14
except (OSError, imaplib.IMAP4.error) as error:
    sys.exit(str(error))
