import mimetypes
import os
import smtplib
import sys
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape

if len(sys.argv) < 7:
    sys.exit("send_mail_many HOST PORT USER PASSWORD GUESTS FILE")
host, port, user, password, guests, file = sys.argv[1:7]

kind, _, subtype = (mimetypes.guess_type(file)[0] or "application/octet-stream").partition("/")
with open(file, "rb") as data:
    octets = data.read()


def letter(name, address):
    message = EmailMessage()
    message["From"] = Address("Python 爱好者", addr_spec=user)
    message["To"] = Address(name, addr_spec=address)
    message["Subject"] = f"{name}，你好"
    message.set_content(f"亲爱的{name}：\n请看附件。\n")
    message.add_alternative(f"<p>亲爱的<b>{escape(name)}</b>：</p><p>请看附件。</p>", subtype="html")
    message.add_attachment(octets, kind, subtype, filename=os.path.basename(file))
    return message


try:
    with smtplib.SMTP(host, int(port), timeout=30) as client, open(guests, encoding="utf-8") as lines:
        client.set_debuglevel(1)
        client.login(user, password)
        for line in lines:
            address, name = line.split(maxsplit=1)
            client.send_message(letter(name.strip(), address))
except (OSError, smtplib.SMTPException) as error:
    sys.exit(str(error))
