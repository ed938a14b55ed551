#pragma once
// A message told to a filter as it streams by.
#include <string>
#include <string_view>

#include "posthouse/milter/client/client.h"

namespace posthouse::milter {

/// Tells one message, of which the filter has heard sender and recipients, in pieces of any size. Stops telling once the
/// filter has made up its mind. Holds one field: what is over 64 KiB of it is not told, neither are lines of a header that
/// are no field.
class MessageFeed {
 public:
  /// `client` must outlive it.
  explicit MessageFeed(Client& client) : client_(client) {}

  /// The next octets of the message; lines end in CRLF.
  void append(std::string_view piece);
  /// The message is whole: what the filter wants. Call once. Without it the message is to be ended by Client::abort().
  Result finish();

 private:
  void take_line();
  void tell_field();

  Client& client_;
  bool in_body_ = false;
  std::string line_;   // of the header, its line end with it
  std::string field_;  // not yet told
};

}  // namespace posthouse::milter
