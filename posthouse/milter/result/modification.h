#pragma once
// What a filter wants done to a message, as values. The server does it, or does not.
#include <cstdint>
#include <string>
#include <variant>

namespace posthouse::milter {

// The values of fields: what stands behind the colon, with the space there; lines end in CRLF, and each but the first begins
// with white space, whatever the filter said, so that no value can be two fields. Names are those of fields. Addresses are
// without brackets, well formed (mail::take_path), ASCII or UTF-8.

/// A field behind all others.
struct AddHeader {
  std::string name{};
  std::string value{};
  bool operator==(const AddHeader&) const = default;
};

/// A field at a place: before the `index`-th of the message as the filter saw it and has changed it meanwhile, from 1. 0: in
/// front of what the server itself has put there (Received).
struct InsertHeader {
  std::uint32_t index = 0;
  std::string name{};
  std::string value{};
  bool operator==(const InsertHeader&) const = default;
};

/// Another value for the `index`-th field of that name, from 1 (0 is taken for 1); where there is none, a field behind all
/// others. Empty: the field goes.
struct ChangeHeader {
  std::uint32_t index = 1;
  std::string name{};
  std::string value{};
  bool operator==(const ChangeHeader&) const = default;
};

/// Another body. A Result has one at most: the filter's chunks, put together.
struct ReplaceBody {
  std::string body{};
  bool operator==(const ReplaceBody&) const = default;
};

/// One more recipient; `parameters` are those of RCPT ("NOTIFY=NEVER"), mostly none.
struct AddRecipient {
  std::string address{};
  std::string parameters{};
  bool operator==(const AddRecipient&) const = default;
};

/// One recipient less.
struct RemoveRecipient {
  std::string address{};
  bool operator==(const RemoveRecipient&) const = default;
};

/// Another sender of the envelope; empty: the null path.
struct ChangeSender {
  std::string address{};
  std::string parameters{};
  bool operator==(const ChangeSender&) const = default;
};

/// Keep it away from its reader.
struct Quarantine {
  std::string reason{};
  bool operator==(const Quarantine&) const = default;
};

using Modification = std::variant<AddHeader, InsertHeader, ChangeHeader, ReplaceBody, AddRecipient, RemoveRecipient,
                                  ChangeSender, Quarantine>;

/// In one line for people: "adds X-Spam", "removes <bob@two.test>".
std::string describe(const Modification& modification);

}  // namespace posthouse::milter
