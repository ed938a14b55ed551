#pragma once
// What cannot be written, and what the system refuses. Reading a message fails never: what is wrong with one is a Defect.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::mime {

/// What kind of failure it was. `code()` of the error is "mime." followed by the name here.
enum class Errc {
  address,           ///< What is no address that a message can carry (RFC 5322 section 3.4.1, RFC 6532).
  charset,           ///< A text that is not UTF-8.
  file,              ///< A file or folder the system does not let us read, write or lock; system_errno() says why.
  folder,            ///< A name no folder of a Maildir can have, or a path where there is no Maildir.
  gone,              ///< A message of a Maildir that is no longer there.
  header,            ///< No field name, or one the caller may not set; no message id, no date, no media type.
  header_injection,  ///< CR, LF or NUL in what is to become the value of a header field.
  incomplete,        ///< A message without an author, or one that is resent to nobody.
  locked,            ///< Another program keeps the mbox locked.
  merge_field,       ///< A MessageTemplate has a field that the recipient's row lacks.
  merge_syntax,      ///< A field in the text of a MessageTemplate is not closed or has no name.
  part,              ///< No such part in the message, or none that this can be done to.
  report,            ///< A delivery report without its host's name or without recipients.
};

/// The name of `errc`: "header_injection".
std::string_view to_string(Errc errc) noexcept;

/// A failure of this library.
///
///     try { builder.to(typed); }
///     catch (const mime::Error& error) { if (error.errc() == mime::Errc::address) … }
class Error : public posthouse::Error {
 public:
  /// retryable() is true for `locked`, and for `file` where the system lacks memory, descriptors or room on the disk.
  /// `subject` becomes statement(): the path of the file it is about. `system_errno` is 0 where no system call failed.
  Error(Errc errc, const std::string& what, const std::string& subject = {}, int system_errno = 0,
        SourceLocation where = SourceLocation::current());

  /// What kind of failure it was.
  Errc errc() const noexcept { return errc_; }
  /// The `errno` behind it; 0 when there was none.
  int system_errno() const noexcept { return system_errno_; }

 private:
  Errc errc_;
  int system_errno_;
};

}  // namespace posthouse::mime
