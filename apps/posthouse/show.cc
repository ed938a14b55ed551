// posthouse show FILE…: messages for people to look at, their parts to keep, or JSON for programs.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/show_input.h"
#include "apps/posthouse/show_json.h"
#include <CLI/CLI.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/mime/mime.h"

namespace {

using namespace posthouse;

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> parts;
  std::string save;
  std::string html_preview;
  std::string colour = "auto";
  std::size_t number = 0;
  bool as_json = false, text = false, headers = false, raw_headers = false, raw = false, is_mbox = false;
};

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

mime::Part find_part(const mime::Message& message, const std::string& path) {
  if (const auto part = message.part(path == "." ? "" : path)) {
    return *part;
  }
  throw Error("there is no part " + path);
}

void save(const Options& options, const mime::SavedFile& file) {
  const std::string safe = mime::safe_filename(file.name, file.fallback);
  print(mime::terminal_line(mime::save_new_file(options.save, safe, file.content).string()) + '\n');
}

// Nobody wants a winmail.dat, but the files in it; who names the part gets it as it is.
void save_parts(const mime::Message& message, const Options& options) {
  if (options.parts.empty()) {
    return mime::for_each_file(message, [&](const mime::SavedFile& file) { save(options, file); });
  }
  for (const std::string& path : options.parts) {
    const mime::Part part = find_part(message, path);
    save(options, mime::saved_as_it_is(part));
  }
}

void print_parts(const mime::Message& message, const Options& options) {
  for (const std::string& path : options.parts) {
    const mime::Part part = find_part(message, path);
    if (options.raw) {
      print(part.raw());
    } else {
      print(part.content());
    }
  }
}

void print_headers(const mime::Message& message) {
  for (const mime::Field field : message.headers()) {
    print(mime::terminal_line(std::string(field.name()) + ": " + field.text()) + '\n');
  }
}

void write_preview(const mime::Message& message, const std::string& file) {
  const std::string page = mime::html_preview(message);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file.c_str(), "wb"), std::fclose);
  const bool written = out && std::fwrite(page.data(), 1, page.size(), out.get()) == page.size();
  if (!written || std::fflush(out.get()) != 0) {
    throw Error("cannot write " + file + ": " + std::strerror(errno));
  }
}

// How wide and colourful the terminal is, if there is one. NO_COLOR: see no-color.org.
mime::TreeOptions tree_options(const Options& options) {
  mime::TreeOptions tree;
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  const char* no_colour = std::getenv("NO_COLOR");
  tree.colour = options.colour == "always" ||
                (options.colour == "auto" && terminal && (no_colour == nullptr || *no_colour == '\0'));
  winsize size{};
  if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    tree.width = size.ws_col;
  }
  return tree;
}

void show_message(const Options& options, const std::string& name, std::string_view bytes) {
  const mime::Message message = mime::Message::view(bytes);
  if (options.as_json) {
    return print(app::json_line(name, message) + '\n');
  }
  if (!options.html_preview.empty()) {
    return write_preview(message, options.html_preview);
  }
  if (!options.save.empty()) {
    return save_parts(message, options);
  }
  if (!options.parts.empty()) {
    return print_parts(message, options);
  }
  if (options.text) {
    return print(mime::terminal_text(mime::readable_text(message)));
  }
  if (options.headers) {
    return print_headers(message);
  }
  if (options.raw_headers) {
    return print(message.root().raw_header());
  }
  print(mime::print_tree(message, tree_options(options)));
}

bool is_titled(const Options& options) {
  return !options.as_json && options.html_preview.empty() && options.save.empty() && options.parts.empty();
}

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error("cannot make the folder " + folder + ": " + error.message());
  }
}

void show(const Options& options) {
  if (!options.save.empty()) {
    make_folder(options.save);
  }
  bool failed = false;
  std::size_t count = 0;
  for (const std::string& file : options.files) {
    try {
      app::for_each_message(file, options.is_mbox, options.number,
                            [&](const std::string& name, std::string_view bytes) {
                              const bool several = options.files.size() > 1 || name != file;
                              if (several && is_titled(options)) {
                                print((count > 0 ? "\n== " : "== ") + mime::terminal_line(name) + '\n');
                              }
                              ++count;
                              if (count > 1 && !options.html_preview.empty()) {
                                throw Error("one page shows one message: say which with --message");
                              }
                              show_message(options, name, bytes);
                            });
    } catch (const Error& error) {
      std::fflush(stdout);
      std::fprintf(stderr, "posthouse: %s\n", error.what());
      failed = true;
    }
  }
  if (std::fflush(stdout) != 0) {
    throw Error("cannot write the output: " + std::string(std::strerror(errno)));
  }
  if (failed) {
    throw app::ExitStatus{1};
  }
}

}  // namespace

void posthouse::app::add_show_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("show", "Show messages: headers decoded, parts, texts; save attachments");
  command->add_option("FILE", options->files, "Messages (.eml), mbox files, Maildir folders; - is standard input")
      ->required();
  command->add_option("--message", options->number, "Only the message of that number in an mbox or Maildir, from 1")
      ->check(CLI::PositiveNumber);
  command->add_flag("--mbox", options->is_mbox, "The files are mboxes, whatever their names say");
  CLI::Option_group* what = command->add_option_group("what", "What to show (the tree of parts, if nothing is said)");
  what->add_flag("--text", options->text, "The text to read; HTML as text");
  what->add_flag("--headers", options->headers, "The header fields, decoded");
  what->add_flag("--raw-headers", options->raw_headers, "The header as it is in the message");
  what->add_flag("--json", options->as_json, "One JSON document a line for each message");
  what->add_option(
          "--save", options->save,
          "Save attachments (or those of --part) in a folder, under safe names; of a winmail.dat what is in it")
      ->option_text("DIR");
  what->add_option("--html-preview", options->html_preview, "Write a page for a browser: no scripts, nothing remote")
      ->option_text("FILE");
  what->require_option(0, 1);
  command->add_option("--part", options->parts, "The content of a part, by its path (1.2; . is the message)")
      ->option_text("PATH")
      ->allow_extra_args(false);
  command->add_flag("--raw", options->raw, "With --part: header and body as they are in the message");
  command->add_option("--color", options->colour, "auto, always or never; NO_COLOR is heeded")
      ->option_text("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->footer("Exit status: 0 all shown, 1 a file could not be read or written, 2 used wrongly.");
  command->callback([options] { show(*options); });
}
