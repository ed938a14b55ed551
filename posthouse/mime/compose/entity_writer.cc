#include "posthouse/mime/compose/entity_writer.h"

#include <algorithm>

#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/fields/parameter_writer.h"

namespace posthouse::mime {
namespace {

bool any_marker(const Entity& entity) {
  return entity.has_marker || std::any_of(entity.children.begin(), entity.children.end(),
                                          [](const EntityPtr& child) { return any_marker(*child); });
}

bool occurs_in(const Entity& entity, std::string_view boundary) {
  if (entity.has_marker && entity.body.find(boundary) != std::string::npos) {
    return true;
  }
  return std::any_of(entity.children.begin(), entity.children.end(),
                     [&](const EntityPtr& child) { return occurs_in(*child, boundary); });
}

// Depth is that of the builder's structures, at most four.
class Writer {
 public:
  Writer(MessageOutput& out, const Random& random) : out_(out), random_(random) {}

  void entity(const Entity& entity) {
    if (!entity.multipart.empty()) {
      return multipart(entity);
    }
    out_.buffer().append(entity.header).append("\r\n");
    if (entity.base64.size() == 0) {
      return out_.append(entity.body);
    }
    entity.base64.read([&](std::string_view piece) {
      append_base64_lines(out_.buffer(), piece);
      out_.piece_done();
    });
  }

 private:
  void multipart(const Entity& entity) {
    std::string boundary = new_boundary(random_, number_);
    if (any_marker(entity)) {
      while (occurs_in(entity, boundary)) {
        boundary = new_boundary(random_, number_);
      }
    }
    header(entity, boundary);
    for (const EntityPtr& child : entity.children) {
      out_.buffer().append("--").append(boundary).append("\r\n");
      this->entity(*child);
      out_.buffer().append("\r\n");
    }
    out_.buffer().append("--").append(boundary).append("--\r\n");
  }

  void header(const Entity& entity, const std::string& boundary) {
    std::string type = "Content-Type: multipart/" + entity.multipart;
    std::vector<std::string> pieces;
    if (!entity.parameter.empty()) {
      pieces.push_back(entity.parameter);
    }
    pieces.push_back("boundary=\"" + boundary + '"');
    append_parameters(type, pieces);
    out_.buffer().append(type).append(entity.header);
    if (entity.eight_bit) {
      out_.buffer().append("Content-Transfer-Encoding: 8bit\r\n");  // RFC 2045 section 6.4
    }
    out_.buffer().append("\r\n");
  }

  MessageOutput& out_;
  const Random& random_;
  unsigned number_ = 0;
};

}  // namespace

void MessageOutput::append(std::string_view octets) {
  if (sink_ && octets.size() >= most_held) {
    flush();
    sink_(octets);
  } else {
    buffer_.append(octets);
    piece_done();
  }
}

void MessageOutput::flush() {
  if (!sink_ || buffer_.empty()) {
    return;
  }
  sink_(buffer_);
  buffer_.clear();
}

std::size_t written_size(const Entity& entity) {
  const auto octets = static_cast<std::size_t>(entity.base64.size());
  std::size_t size = entity.header.size() + entity.body.size() + octets / 57 * 78 + 256;
  for (const EntityPtr& child : entity.children) {
    size += written_size(*child);
  }
  return size;
}

void write_entity(MessageOutput& out, const Entity& entity, const Random& random) {
  Writer(out, random).entity(entity);
}

}  // namespace posthouse::mime
