// Any octets are what an IMAP server says. The first octet chooses limits, the style of names, and whether bodies are
// streamed.
//
// What must hold: the events are the same however the octets are cut; responses that were read and are known are, written
// and read again, written the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/imap/imap.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::string written(const imap::Response& response, imap::NameStyle names) {
  std::string out;
  imap::ResponseWriter writer(
      out, {names, names == imap::NameStyle::utf8 ? imap::StringStyle::utf8 : imap::StringStyle::ascii});
  switch (response.kind) {
    case imap::ResponseKind::untagged:
      writer.untagged(response.data);
      break;
    case imap::ResponseKind::tagged:
      writer.tagged(response.tag, std::get<imap::response::Status>(response.data));
      break;
    case imap::ResponseKind::continuation:
      writer.proceed(std::get<imap::response::Status>(response.data).text);
      break;
  }
  return out;
}

struct Heard {
  std::string text{};      // what was read, written
  std::string streamed{};  // bodies
  bool unknown = false;    // something was not read
  bool operator==(const Heard&) const = default;
};

Heard play(std::string_view input, std::size_t piece, unsigned choice) {
  imap::ResponseLimits limits;
  if (choice & 1) {
    limits = {.line = 200, .literal = 50, .response = 220};
  }
  const imap::NameStyle names = choice & 2 ? imap::NameStyle::utf8 : imap::NameStyle::utf7;
  imap::ResponseReader reader(limits);
  reader.set_names(names);
  reader.stream_bodies(choice & 4);
  Heard heard;
  std::string buffer;
  std::uint64_t owed = 0;
  while (!input.empty()) {
    buffer += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
    for (;;) {
      const imap::ResponseStep step = reader.read(buffer);
      require(step.size <= buffer.size());
      require(owed == 0 || step.event == imap::ResponseEvent::octets || step.event == imap::ResponseEvent::more);
      if (step.event == imap::ResponseEvent::response) {
        heard.text += written(reader.response(), names);
        heard.unknown |= std::holds_alternative<imap::response::Unknown>(reader.response().data);
      } else if (step.event == imap::ResponseEvent::body) {
        owed = reader.body().data.size;
        heard.streamed += '|';
      } else if (step.event == imap::ResponseEvent::octets) {
        require(step.octets.size() <= owed);
        owed -= step.octets.size();
        heard.streamed += step.octets;
      } else if (step.event == imap::ResponseEvent::failed) {
        heard.text += "failed";
      }
      buffer.erase(0, step.size);
      if (step.event == imap::ResponseEvent::more) {
        require(buffer.empty());
        break;
      }
    }
  }
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Heard whole = play(bytes, bytes.size() + 1, choice);
  require(play(bytes, 1, choice) == whole);
  require(play(bytes, 7, choice) == whole);
  const unsigned plain = choice & 2;
  const Heard again = play(whole.text, whole.text.size() + 1, plain);
  if (!(choice & 5) && !whole.unknown && !again.unknown) {
    require(play(again.text, again.text.size() + 1, plain).text == again.text);
  }
  return 0;
}
