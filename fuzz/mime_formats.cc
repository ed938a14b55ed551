// Any octets are a winmail.dat, a text with files inside, and a report: nothing is read that is not there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/mime.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void read_tnef(std::string_view bytes) {
  const mime::Tnef tnef = mime::parse_tnef(bytes, {.files = 10, .rtf = 1'000});
  require(tnef.files.size() <= 10 && tnef.rtf.size() <= 1'000);
  for (const std::string* text : {&tnef.subject, &tnef.text, &tnef.html}) {
    require(mime::is_valid_utf8(*text));
  }
  for (const mime::TnefFile& file : tnef.files) {
    require(file.content.size() <= bytes.size());
    require(mime::is_valid_utf8(file.name) && mime::is_valid_utf8(file.type) && mime::is_valid_utf8(file.content_id));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_tnef(bytes);
  read_tnef("\x78\x9F\x3E\x22\x01" + std::string(1, '\0') + std::string(bytes));  // with the signature before it

  const std::vector<mime::InlineFile> files = mime::find_inline_files(bytes);
  std::size_t at = 0;
  for (const mime::InlineFile& file : files) {
    require(file.begin >= at && file.end > file.begin && file.end <= size);
    require(mime::is_valid_utf8(file.name));
    at = file.end;
  }
  require(mime::without_inline_files(bytes, files).size() <= size);

  const mime::Message report = mime::Message::parse("Content-Type: message/delivery-status\n\n" + std::string(bytes));
  if (const auto read = mime::parse_delivery_report(report)) {
    for (const mime::RecipientReport& recipient : read->recipients) {
      require(mime::is_valid_utf8(recipient.final_recipient));
    }
  }
  mime::parse_feedback_report(mime::Message::parse("Content-Type: message/feedback-report\n\n" + std::string(bytes)));
  mime::parse_disposition_notification(
      mime::Message::parse("Content-Type: message/disposition-notification\n\n" + std::string(bytes)));
  return 0;
}
