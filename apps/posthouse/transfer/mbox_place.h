#pragma once
// An mbox as a place. Flags are kept as mail readers keep them there: in the fields Status, X-Status and X-Keywords, which
// stand before all others and are no part of the message.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/posthouse/transfer/mail_place.h"

#include "posthouse/mime/mailbox/mbox.h"

namespace posthouse::app {

class MboxPlace final : public MailPlace {
 public:
  explicit MboxPlace(std::filesystem::path file) : file_(std::move(file)) {}

  std::vector<std::string> mailboxes() override { return {"INBOX"}; }
  std::vector<PlacedMessage> open(const std::string& mailbox) override;
  std::string text(const PlacedMessage& message) override;
  void add(const std::string& mailbox, std::string_view text, const PlacedMessage& like) override;
  /// An mbox is only added to: the flags stay.
  void set_flags(const PlacedMessage&, const imap::Flags&) override {}
  void finish() override;

 private:
  const std::filesystem::path file_;
  std::optional<mime::MboxReader> reader_;
  std::vector<mime::MboxEntry> entries_;
  std::optional<mime::MboxWriter> writer_;
};

}  // namespace posthouse::app
