import smtplib
import sys
from email.headerregistry import Address
from email.message import EmailMessage

if len(sys.argv) < 6:
    sys.exit("send_mail_names HOST PORT USER PASSWORD TO")
host, port, user, password, to = sys.argv[1:6]

message = EmailMessage()
message["From"] = Address("Python 爱好者", addr_spec=user)
message["To"] = Address("管理员", addr_spec=to)
message["Subject"] = "来自 SMTP 的问候……"
message.set_content("你好，这封信由 Python 发出……")

try:
    with smtplib.SMTP(host, int(port), timeout=30) as client:
        client.set_debuglevel(1)
        client.login(user, password)
        client.send_message(message)
except (OSError, smtplib.SMTPException) as error:
    sys.exit(str(error))
