// Any octets are a message: its events are those of a tree that lies within the octets, under any limits, and the tree
// that Message has is that of the events.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

struct SeenPart {
  std::size_t begin = 0, body = 0, end = 0, fields = 0, depth = 0;
  mime::PartKind kind = mime::PartKind::leaf;
};

// Keeps the parts in the order they began, and checks the order of events.
class Checker final : public mime::EventHandler {
 public:
  Checker(std::size_t size, const mime::Limits& limits) : size_(size), limits_(limits) {}

  void begin_part(std::size_t offset) override {
    require(offset >= at_ && offset <= size_);
    require(open_.empty() ? parts.empty() : (in_body_ && parts[open_.back()].kind != mime::PartKind::leaf));
    at_ = offset;
    open_.push_back(parts.size());
    parts.push_back({.begin = offset, .depth = open_.size() - 1});
    in_body_ = false;
    require(parts.size() <= limits_.parts && open_.size() <= limits_.depth + 1);
  }
  void field(const mime::FieldRange& range) override {
    require(!open_.empty() && !in_body_);
    require(range.begin >= at_ && range.end <= size_ && range.begin + range.value <= range.end);
    require(range.name_length > 0 && range.name_length < range.value);
    at_ = range.end;
    require(++parts[open_.back()].fields <= limits_.header_fields);
  }
  void body(std::size_t offset, mime::PartKind kind) override {
    require(!open_.empty() && !in_body_ && offset >= at_ && offset <= size_);
    at_ = parts[open_.back()].body = offset;
    parts[open_.back()].kind = kind;
    in_body_ = true;
  }
  void end_part(std::size_t offset, mime::PartKind kind) override {
    require(!open_.empty() && in_body_ && offset >= at_ && offset <= size_);
    SeenPart& part = parts[open_.back()];
    require(kind == part.kind || kind == mime::PartKind::leaf);
    part.kind = kind;
    at_ = part.end = offset;
    open_.pop_back();
  }
  void defect(const mime::Defect& defect) override { require(defect.offset <= size_); }

  void finish() const { require(open_.empty() && !parts.empty()); }

  std::vector<SeenPart> parts{};

 private:
  std::size_t size_;
  mime::Limits limits_;
  std::vector<std::size_t> open_{};
  std::size_t at_ = 0;
  bool in_body_ = false;
};

void read(std::string_view bytes, const mime::Limits& limits) {
  Checker checker(bytes.size(), limits);
  mime::parse_events(bytes, checker, limits);
  checker.finish();
  const mime::Message message = mime::Message::view(bytes, limits);
  require(message.part_count() == checker.parts.size());
  for (const mime::Part part : message.walk()) {
    const SeenPart& seen = checker.parts[part.index()];
    require(part.offset() == seen.begin && part.body_offset() == seen.body);
    require(part.offset() + part.raw().size() == seen.end && part.depth() == seen.depth);
    require(part.headers().size() == seen.fields);
    require(part.is_leaf() == (seen.kind == mime::PartKind::leaf));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes, {});
  read(bytes, {.depth = 2, .parts = 4, .header_block = 200, .header_line = 60, .header_fields = 5, .defects = 3});
  return 0;
}
