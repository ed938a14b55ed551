// What is built or filled in is read back the same and without a fault; what is answered, forwarded, edited or shown of
// any octets holds what must hold of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/mime.h"

namespace {

using namespace posthouse;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// Up to the next NUL.
std::string_view take(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string_view piece = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  return piece;
}

// RFC 5322 sections 2.1.1 and 2.3: lines of at most 998 octets that end with CRLF, and no CR or LF elsewhere.
void require_lines(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = bytes.find('\n', at);
    require(end != std::string_view::npos && end > at && end - at <= 999);
    require(bytes.find('\r', at) == end - 1);
    at = end + 1;
  }
  require(bytes.find('\0') == std::string_view::npos);
}

// The first octet of the input says how it is written.
mime::BuildOptions options_of(unsigned char how) {
  mime::BuildOptions options;
  options.eight_bit = (how & 1U) != 0;
  options.flowed = (how & 2U) != 0;
  options.encoded_word_names = (how & 4U) != 0;
  options.random = [] { return std::uint64_t{7}; };
  options.now = [] { return mime::Date{}; };
  return options;
}

// Without blanks at line ends, which format=flowed does not keep.
std::string flowing(std::string_view text) {
  return mime::unflow(mime::flow(text));
}

void check_text(const mime::Part& part, std::string_view text, bool flowed) {
  const std::string read = part.content();
  if (flowed) {
    require(mime::unflow(read) == flowing(text));
  } else {
    require(read == mime::with_crlf(text) || read == mime::with_crlf(text) + "\r\n");
  }
}

void build(std::string_view bytes) {
  const auto how = static_cast<unsigned char>(bytes.empty() ? 0 : bytes.front());
  const std::string_view name = take(bytes), subject = take(bytes), file = take(bytes), text = take(bytes);
  const mime::BuildOptions options = options_of(how);
  try {
    const auto builder = mime::MessageBuilder(options)
                             .from(name, "ann@one.test")
                             .subject(subject)
                             .text(text)
                             .html(text)
                             .alternative("text/calendar; method=REQUEST", std::string(text))
                             .attach(file, std::string(bytes), "application/x-test")
                             .attach(file, std::string(bytes), (how & 8U) != 0 ? "message/rfc822" : "");
    const std::string written = builder.build();
    require_lines(written);
    const mime::Message message = mime::Message::view(written);
    const bool carries_message = message.part("3") && message.part("3")->is("message/");  // whose faults are its own
    require(carries_message || message.all_defects().empty());
    require(message.subject() == trim(subject) || message.subject() == subject);
    require(message.root().children().size() == 3 && message.part("2")->content() == bytes);
    require(carries_message || message.part("3")->content() == bytes);
    require(message.part("1")->children().size() == 3);
    check_text(*message.part("1.1"), text, options.flowed);
    check_text(*message.part("1.3"), text, false);
    std::string streamed;
    builder.write_to([&](std::string_view piece) { streamed += piece; });
    require(streamed == written);
  } catch (const Error&) {
    return;  // refused, which it may
  }
}

// What is filled in stands where it belongs and nowhere else.
void merge(std::string_view bytes) {
  const std::string_view value = take(bytes);
  try {
    const auto letter = mime::MessageTemplate(mime::MessageBuilder().from("a@one.test"))
                            .to("{{x}}", "b@two.test")
                            .subject("[{{x}}]")
                            .text(bytes)
                            .html("<i title='{{x}}'>");
    const std::string written = letter.merge([&](std::string_view) { return std::string(value); }).build();
    require_lines(written);
    const mime::Message message = mime::Message::view(written);
    require(message.headers().size() == 7 && message.part_count() == 3);
    require(message.subject() == "[" + std::string(value) + "]");
    require(message.to().size() == 1 && message.to()[0].addr == "b@two.test");
    require(message.html_part()->text().find_first_of("'<", 10) == message.html_part()->text().rfind('\''));
  } catch (const Error&) {
    return;
  }
}

std::vector<std::string> leaves(const mime::Message& message) {
  std::vector<std::string> out;
  for (const mime::Part& part : message.walk()) {
    if (part.is_leaf()) {
      out.push_back(part.path());
    }
  }
  return out;
}

void edit(std::string_view bytes) {
  mime::MessageEditor editor{std::string(bytes)};
  require(editor.str() == bytes);
  const std::size_t count = editor.count("X-New");
  editor.append("X-New", "one").prepend("X-New", "two");
  require(mime::MessageEditor(editor.str()).count("X-New") == count + 2);
}

// What is put into a part is read back, and the other parts stay.
void edit_parts(std::string_view bytes) {
  const mime::Message before = mime::Message::view(bytes);
  const std::vector<std::string> paths = leaves(before);
  for (const std::string& path : paths) {
    if (&path != &paths.front() && &path != &paths.back()) {
      continue;
    }
    try {
      mime::MessageEditor editor{std::string(bytes)};
      const std::string content = "--x\r\n" + std::string(bytes.substr(0, 50));
      const std::string after = editor.replace_content(path, content).str();
      const mime::Message message = mime::Message::view(after);
      require(message.part(path) && message.part(path)->content() == content);
      require(leaves(message) == paths);
    } catch (const Error&) {
      continue;
    }
  }
  mime::MessageEditor editor{std::string(bytes)};
  const std::string after = editor.attach("n.bin", "octets").str();
  const mime::Message message = mime::Message::view(after);
  const std::vector<std::string> now = leaves(message);
  require(before.defects().size() > 0 ||
          (now.size() == paths.size() + 1 && message.part(now.back())->content() == "octets"));
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
  for (const mime::Part& part : message.attachments()) {
    carries_messages |= part.is("message/");
  }
  require(carries_messages || mime::Message::view(forward).defects().empty());
  mime::forward_attached(message, me).build();
  require(mime::is_valid_utf8(mime::html_preview(message)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  build(bytes);
  merge(bytes);
  edit(bytes);
  edit_parts(bytes);
  answer(bytes);
  const std::string name = mime::safe_filename(bytes);
  require(!name.empty() && name.size() <= 200 && name.find_first_of("/\\\r\n") == std::string::npos);
  const std::string harmless = mime::harmless_html(bytes, [](std::string_view) { return std::string(); }).html;
  require(harmless.find("<script") == std::string::npos);
  return 0;
}
