// What is read is written so that it is read as the same again.
#include <gtest/gtest.h>

#include "posthouse/imap/wire/response/testing.h"

namespace posthouse::imap {
namespace {

void expect_stable(std::string_view line) {
  for (const ResponseStyle style : {ResponseStyle{}, ResponseStyle{NameStyle::utf8, StringStyle::utf8}}) {
    const Response first = read_response(line);
    const std::string text = written(first, style);
    ASSERT_TRUE(text.ends_with("\r\n"));
    const Response second = read_response(std::string_view(text).substr(0, text.size() - 2), style.names);
    EXPECT_EQ(second, first) << line << "\n" << text;
    EXPECT_EQ(written(second, style), text);
  }
}

TEST(Responses, AreStable) {
  for (const char* line : {
           "* OK [ALERT] x",
           "* NO x",
           "* BAD x",
           "* BYE x",
           "* PREAUTH x",
           "a1 OK [UIDNEXT 5] done",
           "+ go on",
           "* OK [CAPABILITY A B] x",
           "* OK [BADCHARSET (A \"B C\")] x",
           "* OK [PERMANENTFLAGS (\\Seen \\*)] x",
           "* OK [PERMANENTFLAGS ()] x",
           "* OK [APPENDUID 5 1:3] x",
           "* OK [COPYUID 5 3:1 4,2,9] x",
           "* OK [MODIFIED 1,3] x",
           "* OK [INPROGRESS (\"a\" 1 NIL)] x",
           "* OK [MESSAGELIMIT 1] x",
           "* OK [MESSAGELIMIT 1 2] x",
           "* OK [METADATA LONGENTRIES 5] x",
           "* OK [FROB a (b)] x",
           "* CAPABILITY A B=C",
           "* ENABLED A",
           "* ID NIL",
           "* ID (\"a\" \"b\" \"c\" NIL)",
           "* LIST (\\A \\B) \"/\" INBOX",
           "* LSUB () NIL &ZeVnLIqe-",
           "* XLIST () \".\" \"a b\"",
           "* LIST (\\X) \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\" \"x\") \"OLDNAME\" (&Jjo-))",
           "* LIST () \"/\" a (\"OLDNAME\" (b))",
           "* NAMESPACE ((\"\" \"/\")(\"#a/\" \"/\")) NIL ((\"&Jjo-\" NIL))",
           "* STATUS a (MESSAGES 1 MAILBOXID (F1) APPENDLIMIT NIL SIZE 9)",
           "* STATUS a ()",
           "* FLAGS (\\Seen a)",
           "* 5 EXISTS",
           "* 5 RECENT",
           "* 5 EXPUNGE",
           "* VANISHED (EARLIER) 1:5,9",
           "* VANISHED 3",
           "* SEARCH 3 1 2",
           "* SORT 3 1 2 (MODSEQ 5)",
           "* SEARCH",
           "* ESEARCH",
           "* ESEARCH (TAG \"a\") UID MIN 1 MAX 2 COUNT 3 MODSEQ 4 ALL 9,1:2",
           "* ESEARCH (TAG \"a\") PARTIAL (1:5 3,1)",
           "* ESEARCH (TAG \"a\") PARTIAL (-1:-5 NIL)",
           "* ESEARCH (TAG \"a\" MAILBOX &Jjo- UIDVALIDITY 7) UID ALL 1",
           "* ESEARCH (TAG \"a\") ADDTO (1 2) REMOVEFROM (0 1:3)",
           "* THREAD",
           "* THREAD (1)(2 3)(4 (5 6)(7 (8)(9)))((10)(11 12))",
           "* THREAD (1 2 3 4)",
           "* QUOTA \"\" (STORAGE 1 2 MESSAGE 3 4)",
           "* QUOTA a ()",
           "* QUOTAROOT INBOX",
           "* QUOTAROOT &Jjo- \"\" b",
           "* ACL a b c \"d e\" f",
           "* ACL a",
           "* LISTRIGHTS a b \"\" c d",
           "* MYRIGHTS a \"\"",
           "* METADATA \"\" (/a \"b\" /c NIL /d {3}\r\na\r\n)",
           "* METADATA a /b /c",
           "* UIDBATCHES (TAG \"a\") 9:7,6:1",
           "* UIDBATCHES (TAG \"a\")",
           "* FROB (x",
           "* 5 FETCH ()",
           "* 5 FETCH (UID 1 FLAGS (\\Seen a) INTERNALDATE \" 7-Jul-1996 02:44:25 -0700\" RFC822.SIZE 5 MODSEQ (7) "
           "EMAILID (M1) THREADID (T1) SAVEDATE NIL "
           "PREVIEW \"a\\\"b\" BINARY.SIZE[1.2] 3 X-FOO (a \"b\") BODY[] {1}\r\na BODY[1.HEADER.FIELDS.NOT (a \"b "
           "c\")]<3> NIL BINARY[2] {1}\r\nx RFC822 {1}\r\ny)",
           "* 5 UIDFETCH (THREADID NIL PREVIEW NIL SAVEDATE \"17-Jul-1996 02:44:25 -0700\")",
           "* 5 FETCH (ENVELOPE (\"d\" {2}\r\n\xC3\xA4 ((\"a\" NIL \"b\" \"c\")) ((NIL \"@r\" \"b\" \"c\")(NIL NIL "
           "\"g\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL NIL \"<x>\"))",
           "* 5 FETCH (BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"x\") NIL NIL \"7BIT\" 5 1))",
           "* 5 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" NIL \"<i>\" \"d\" \"7BIT\" 5 1 NIL (\"INLINE\" (\"A\" "
           "\"b\")) (\"en\" \"de\") \"l\")(\"MESSAGE\" \"RFC822\" NIL NIL NIL "
           "\"7BIT\" 9 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ((\"A\" \"B\" NIL NIL NIL \"BASE64\" 3 \"md5\" NIL "
           "NIL NIL) \"MIXED\" NIL NIL NIL NIL) 7 NIL NIL NIL NIL) "
           "\"MIXED\" (\"BOUNDARY\" \"x\") NIL NIL NIL))",
       }) {
    expect_stable(line);
  }
}

}  // namespace
}  // namespace posthouse::imap
