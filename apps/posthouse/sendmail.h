#pragma once
// posthouse sendmail: the program that other programs call to send mail.

namespace posthouse::app {

/// Whether this process is asked to be sendmail: it is called by the name `sendmail`, `mailq` or `newaliases`, or its
/// first argument is "sendmail".
bool is_sendmail(int argc, char** argv);

/// Does what such a program is asked for. Returns a status of sysexits.h.
int sendmail(int argc, char** argv);

}  // namespace posthouse::app
