#pragma once
// An account on an IMAP server.
#include <optional>
#include <string>
#include <vector>

#include "apps/posthouse/transfer/mail_place.h"

#include "posthouse/imap/client/client.h"

namespace posthouse::app {

class ImapPlace final : public MailPlace {
 public:
  /// `client` is logged in and outlives it.
  explicit ImapPlace(imap::Client& client);

  std::vector<std::string> mailboxes() override;
  std::vector<PlacedMessage> open(const std::string& mailbox) override;
  std::string text(const PlacedMessage& message) override;
  void add(const std::string& mailbox, std::string_view text, const PlacedMessage& like) override;
  void set_flags(const PlacedMessage& message, const imap::Flags& flags) override;

 private:
  std::string name_there(const std::string& mailbox) const;
  std::string name_here(const std::string& mailbox) const;

  imap::Client& client_;
  std::string delimiter_;           // empty: the server has no levels
  std::vector<std::string> there_;  // names of the server
};

}  // namespace posthouse::app
