import smtplib
import ssl
import sys
from email.message import EmailMessage

if len(sys.argv) < 7:
    sys.exit("send_mail_tls starttls|implicit HOST PORT USER PASSWORD TO [CA-FILE]")
tls, host, port, user, password, to, *ca_file = sys.argv[1:]

message = EmailMessage()
message["From"] = user
message["To"] = to
message["Subject"] = "Hello"
message.set_content("hello, nobody reads this")

try:
    context = ssl.create_default_context(cafile=ca_file[0] if ca_file else None)
    if tls == "implicit":
        client = smtplib.SMTP_SSL(host, int(port), timeout=30, context=context)
    else:
        client = smtplib.SMTP(host, int(port), timeout=30)
    with client:
        client.set_debuglevel(1)
        if tls == "starttls":
            client.starttls(context=context)
        client.login(user, password)
        client.send_message(message)
except (OSError, smtplib.SMTPException) as error:
    sys.exit(str(error))
