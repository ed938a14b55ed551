#pragma once
// What programs give to sendmail, made a letter that may go out: the header read, recipients found, what is missing
// added.
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::app {

/// Why sendmail ends without a letter: words, and a status of sysexits.h.
class SendmailError : public std::runtime_error {
 public:
  SendmailError(int status, const std::string& what) : std::runtime_error(what), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

/// How a letter is read and mended.
struct LetterRules {
  std::string hostname{};         ///< Names the ids made here.
  std::string domain{};           ///< Of addresses that are a bare word.
  std::string sender{};           ///< Who From: names when nothing else does; empty: as the null sender has it.
  std::string full_name{};        ///< The same one's name.
  bool from_header = false;       ///< Recipients are read from To, Cc and Bcc, or from Resent-To, Resent-Cc and
                                  ///< Resent-Bcc where the letter is resent (-t).
  std::size_t recipients = 1000;  ///< At most.
  std::chrono::system_clock::time_point now{};
};

/// A letter with CRLF at the end of each line.
struct MendedLetter {
  std::string text{};
  std::vector<std::string> recipients{};  ///< From the header, as `from_header` says.
};

/// `text` as it goes out: bare CR and LF are CRLF, an mbox line in front of it ("From ann …"), Bcc, Resent-Bcc and
/// Return-Path are gone, From, Date and Message-ID are there. The header ends at the first line that is no field, as
/// readers see it; an empty line is put there. Throws SendmailError for a recipient that is no address.
MendedLetter mend_letter(std::string_view text, const LetterRules& rules);

/// `text`, a bare word or an address, as the envelope has it: "ann" is "ann@" and `domain`. Throws SendmailError.
std::string envelope_address(std::string_view text, const std::string& domain);

/// All of standard input, to its end or, unless `dots` are as any other line, to a line that is a lone dot. Throws
/// SendmailError when it cannot be read or has more than `most` octets.
std::string read_letter(int input, bool dots, std::size_t most);

}  // namespace posthouse::app
