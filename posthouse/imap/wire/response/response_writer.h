#pragma once
// Writes responses.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/imap/wire/response/response.h"
#include "posthouse/imap/wire/text/mailbox_name.h"
#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {

/// What the client has enabled.
struct ResponseStyle {
  NameStyle names = NameStyle::utf7;
  StringStyle strings = StringStyle::ascii;
  bool recent = true;  ///< "\Recent" is told (RFC 3501; RFC 9051 has no such flag).
};

/// Appends whole lines to a string, each with its CRLF.
///
///     ResponseWriter out(replies, style);
///     out.untagged(response::Exists{172});
///     out.tagged("a1", {.code = ResponseCode::word("READ-WRITE"), .text = "SELECT completed"});
class ResponseWriter {
 public:
  /// `out` must outlive the writer.
  explicit ResponseWriter(std::string& out, const ResponseStyle& style = {}) : out_(out), style_(style) {}

  /// "* …". A response that IMAP cannot write (a Vanished of nothing) writes nothing. Text for people is cut at CR and LF.
  void untagged(const response::Data& data);
  /// The end of a command.
  void tagged(std::string_view tag, const response::Status& status);
  /// "+ text".
  void proceed(std::string_view text);

 private:
  std::string& out_;
  ResponseStyle style_;
};

/// Writes one FETCH response item by item; bodies may be streamed.
///
///     FetchWriter fetch(replies, 12, style);
///     fetch.uid(310);
///     fetch.ready("ENVELOPE", summary.envelope);
///     fetch.begin_body({.section = section, .size = slice.size});
///     send(replies, slice);                          // the octets, right behind what was written so far
///     fetch.end();
class FetchWriter {
 public:
  /// `number` is the sequence number, or the UID where `by_uid` (UIDFETCH, RFC 9586).
  FetchWriter(std::string& out, std::uint32_t number, const ResponseStyle& style = {}, bool by_uid = false);

  void uid(std::uint32_t uid);
  void flags(const Flags& flags);
  void internal_date(const mime::Date& date);
  void size(std::uint64_t octets);
  void modseq(std::uint64_t modseq);
  /// An item whose text is at hand as it goes over the wire: ENVELOPE, BODY, BODYSTRUCTURE.
  void ready(std::string_view name, std::string_view text);
  /// Octets of a body, all of it as a literal, or NIL.
  void body(const response::BodyData& body);
  /// The same up to the literal: body.size octets have to follow at once. `binary` where NUL may be among them, in a
  /// BINARY[…] alone.
  void begin_body(const response::BodyData& body, bool binary = false);
  void binary_size(const response::BinarySize& size);
  void email_id(std::string_view id);
  void thread_id(const std::optional<std::string>& id);
  void save_date(const std::optional<mime::Date>& date);
  void preview(const std::optional<std::string>& text);
  /// The end of the line.
  void end();

 private:
  void name(std::string_view name);
  void body_name(const response::BodyData& body);

  std::string& out_;
  ResponseStyle style_;
  bool first_ = true;
};

}  // namespace posthouse::imap
