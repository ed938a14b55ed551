import smtplib
import sys
from email.message import EmailMessage

if len(sys.argv) < 6:
    sys.exit("send_mail_plain HOST PORT USER PASSWORD TO...")
host, port, user, password, *to = sys.argv[1:]

message = EmailMessage()
message["From"] = user
message["To"] = ", ".join(to)
message["Subject"] = "Hello"
message.set_content("hello, sent by Python...")

try:
    with smtplib.SMTP(host, int(port), timeout=30) as client:
        client.set_debuglevel(1)
        client.login(user, password)
        refused = client.send_message(message, user, to)
    for address, reply in refused.items():
        print(f"{address}: {reply}")
except (OSError, smtplib.SMTPException) as error:
    sys.exit(str(error))
