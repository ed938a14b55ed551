#include "posthouse/imap/wire/message/part_view.h"

#include <limits>

namespace posthouse::imap {
namespace {

PartForm form_of(const mime::Part& part) {
  if (part.is_multipart() || part.is("multipart/")) {
    return PartForm::multipart;
  }
  return part.is_message() && (part.is("message/rfc822") || part.is("message/global")) ? PartForm::message
                                                                                       : PartForm::leaf;
}

}  // namespace

std::vector<PartView> view_parts(const mime::Message& message) {
  std::vector<PartView> views;
  std::vector<std::size_t> open;     // views on the way down to the part
  std::vector<std::size_t> parents;  // for each part of the message: the view of it
  const auto close = [&](std::size_t keep) {
    while (open.size() > keep) {
      PartView& view = views[open.back()];
      if (view.form == PartForm::multipart && view.children == 0) {
        ++view.children;
        const std::size_t parent = open.back();
        views.push_back({.parent = parent, .subtree_end = views.size() + 1});
      }
      views[open.back()].subtree_end = views.size();
      open.pop_back();
    }
  };
  constexpr std::size_t hidden = std::numeric_limits<std::size_t>::max();
  for (const mime::Part part : message.walk()) {
    const auto mother = part.parent();
    const std::size_t parent = mother ? parents[mother->index()] : 0;
    if (mother && (parent == hidden || views[parent].form == PartForm::leaf)) {
      parents.push_back(hidden);
      continue;
    }
    while (mother && open.back() != parent) {
      close(open.size() - 1);
    }
    parents.push_back(views.size());
    open.push_back(views.size());
    views.push_back({.part = part, .form = form_of(part), .parent = parent});
    if (mother) {
      views.back().ordinal = ++views[parent].children;
    }
  }
  close(0);
  return views;
}

}  // namespace posthouse::imap
