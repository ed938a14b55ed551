#pragma once
// What the mailboxes in the server's tests have in them. (Private.)
#include <string>

#include "posthouse/imap/testing/memory_account.h"

namespace posthouse::imap {

/// Ann, whose password is "secret", has five messages: 1 plain and seen, 2 a multipart with two parts, of which the second
/// is in base64, 3 with another message in it, 4 flagged and with a keyword, 5 without a body.
inline void furnish(MemoryBackend& house) {
  house.users["ann"].password = "secret";
  house.add("ann", "INBOX",
            "From: Bob <bob@two.test>\r\nTo: ann@one.test\r\nSubject: one\r\nMessage-ID: <1@two.test>\r\n"
            "Date: Mon, 2 Feb 2026 03:04:05 +0100\r\n\r\nHello\r\nagain\r\n",
            SystemFlag::seen);
  house.add("ann", "INBOX",
            "From: carol@three.test\r\nSubject: two\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
            "text\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            "AAEC\r\nAwQ=\r\n--b--\r\n");
  house.add("ann", "INBOX",
            "From: dan@four.test\r\nSubject: three\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
            "From: eve@five.test\r\nSubject: inside\r\n\r\ninner\r\n");
  house.add("ann", "INBOX", "Subject: four\r\n\r\n4\r\n", Flags::of({"\\Flagged", "$Work"}));
  house.add("ann", "INBOX", "Subject: 5\r\n\r\n");
}

}  // namespace posthouse::imap
