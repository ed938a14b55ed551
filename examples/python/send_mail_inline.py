import mimetypes
import os
import smtplib
import sys
from email.headerregistry import Address
from email.message import EmailMessage

if len(sys.argv) < 7:
    sys.exit("send_mail_inline HOST PORT USER PASSWORD TO PICTURE")
host, port, user, password, to, picture = sys.argv[1:7]

message = EmailMessage()
message["From"] = Address("Python 爱好者", addr_spec=user)
message["To"] = Address("管理员", addr_spec=to)
message["Subject"] = "来自 SMTP 的问候……"
message.set_content("<html><body><h1>Hello</h1><p><img src=\"cid:0\"></p></body></html>", subtype="html")
kind, _, subtype = (mimetypes.guess_type(picture)[0] or "application/octet-stream").partition("/")
with open(picture, "rb") as data:
    message.add_related(data.read(), kind, subtype, cid="<0>", filename=os.path.basename(picture))

try:
    with smtplib.SMTP(host, int(port), timeout=30) as client:
        client.set_debuglevel(1)
        client.login(user, password)
        client.send_message(message)
except (OSError, smtplib.SMTPException) as error:
    sys.exit(str(error))
