// What is built is read back the same and without a fault; what is answered, forwarded, edited or shown of any octets
// holds what must hold of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/mime.h"

namespace {

using namespace posthouse;

void require(bool holds) {
  if (!holds) std::abort();
}

// Up to the next NUL.
std::string_view take(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string_view piece = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  return piece;
}

void build(std::string_view bytes) {
  const std::string_view name = take(bytes), subject = take(bytes), file = take(bytes), text = take(bytes);
  try {
    const std::string written = mime::MessageBuilder()
                                    .from(name, "ann@one.test")
                                    .subject(subject)
                                    .text(text)
                                    .html(text)
                                    .attach(file, std::string(bytes), "application/x-test")
                                    .build();
    const mime::Message message = mime::Message::view(written);
    require(message.all_defects().empty());
    require(message.subject() == trim(subject) || message.subject() == subject);
    require(message.attachments().size() == 1 && message.attachments()[0].content() == bytes);
  } catch (const Error&) {
    return;  // refused, which it may
  }
}

void edit(std::string_view bytes) {
  mime::MessageEditor editor{std::string(bytes)};
  require(editor.str() == bytes);
  const std::size_t count = editor.count("X-New");
  editor.append("X-New", "one").prepend("X-New", "two");
  require(mime::MessageEditor(editor.str()).count("X-New") == count + 2);
}

void answer(std::string_view bytes) {
  const mime::Message message = mime::Message::view(bytes);
  const mime::Address me{"Me", "me@home.test"};
  for (const auto to : {mime::AnswerTo::author, mime::AnswerTo::all, mime::AnswerTo::list}) {
    const std::string reply = mime::reply(message, me, {.to = to}).build();
    require(mime::Message::view(reply).all_defects().empty());
  }
  const std::string forward = mime::forward_inline(message, me).build();
  bool carries_messages = false;  // whose faults are theirs
  for (const mime::Part& part : message.attachments()) carries_messages |= part.is("message/");
  require(carries_messages || mime::Message::view(forward).defects().empty());
  mime::forward_attached(message, me).build();
  require(mime::is_valid_utf8(mime::html_preview(message)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  build(bytes);
  edit(bytes);
  answer(bytes);
  const std::string name = mime::safe_filename(bytes);
  require(!name.empty() && name.size() <= 200 && name.find_first_of("/\\\r\n") == std::string::npos);
  const std::string harmless = mime::harmless_html(bytes, [](std::string_view) { return std::string(); }).html;
  require(harmless.find("<script") == std::string::npos);
  return 0;
}
