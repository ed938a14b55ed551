#pragma once
// Requests and responses as values (RFC 9110).
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::http {

/// Header fields, in order; a name may come several times.
class Fields {
 public:
  using Field = std::pair<std::string, std::string>;

  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// The value of the first field of that name, ASCII case aside.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// How many fields have that name.
  std::size_t count(std::string_view name) const noexcept;

  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

/// What a server answers.
struct Response {
  int status = 0;      ///< 200 to 599.
  Fields fields{};     ///< Of the header; those behind a chunked body are dropped.
  std::string body{};  ///< Empty when it went to ClientOptions::sink.
  std::string url{};   ///< Where it came from: not what was asked for when a redirection was followed.

  /// Status 200 to 299.
  bool ok() const noexcept { return status >= 200 && status < 300; }
  /// The media type in lower case without its parameters: "text/plain"; empty where there is none, or several fields.
  std::string media_type() const;
};

/// What is asked of a server.
struct Request {
  enum class Method { get, post };
  Method method = Method::get;
  std::string url{};           ///< "https://example.org/path?query"
  Fields fields{};             ///< Beside Host, Content-Length, Connection and the like, which are the client's.
  std::string body{};          ///< For post.
  std::string content_type{};  ///< Of the body.
};

}  // namespace posthouse::http
