#include "posthouse/orm/mapping/relation.h"

#include <utility>

#include <fmt/format.h>

namespace posthouse::orm::detail {

// Fields as programs use them ----------------------------------------------------------------------------------------

void* RelationField::owner() const {
  return const_cast<char*>(reinterpret_cast<const char*>(this)) - relation_->offset;
}

bool RelationField::joined_by(const std::shared_ptr<void>& object) const {
  return session_->relate(*relation_, owner(), object);
}

void RelationField::left_by(const std::shared_ptr<void>& object) const {
  if (session_ != nullptr) {
    session_->unrelate(*relation_, owner(), object);
  }
}

void RelationField::load() const {
  if (session_ == nullptr) {
    if (relation_ == nullptr) {
      return;  // of an object that never was in a session: there is nothing to load
    }
    throw sql::Error(sql::Errc::usage,
                     fmt::format("a relation of {} was not loaded, and the session of its object is gone",
                                 relation_->owner().table));
  }
  if (relation_->loading == Loading::raise) {
    throw sql::Error(sql::Errc::usage,
                     fmt::format("a relation of {} that must be asked for, by Query::with, was not loaded",
                                 relation_->owner().table));
  }
  session_->load(*relation_, owner());
}

void ManyField::add_to(const RefsAccess& access, void* refs, std::shared_ptr<void> object) {
  if (session_ != nullptr) {
    need();
    if (!joined_by(object)) {
      return;
    }
  }
  loaded_ = true;
  append_to(access, refs, std::move(object));
}

void ManyField::remove_from(const RefsAccess& access, void* refs, const std::shared_ptr<void>& object) {
  need();
  if (index_in(access, refs, object.get()) == access.size(refs)) {
    return;
  }
  left_by(object);
  take_out_of(access, refs, object.get());
}

void OneField::assign(std::shared_ptr<void> object) {
  if (session_ != nullptr) {
    const std::shared_ptr<void> before = this->object();
    if (before == object) {
      return;
    }
    // One that belongs to another goes over to it; one that is had by this is left alone first.
    if (before != nullptr && (object == nullptr || relation_->kind == RelationKind::has_one)) {
      left_by(before);
    }
    if (object != nullptr) {
      joined_by(object);
    }
  }
  loaded_ = true;
  linked_ = session_ != nullptr;
  loose_.reset();
  object_ = std::move(object);
}

std::shared_ptr<void> OneField::object() const {
  need();
  return object_ != nullptr ? object_ : loose_.lock();
}

void* OneField::pointer() const {
  return object().get();
}

// Vectors of references ----------------------------------------------------------------------------------------------

std::size_t index_in(const RefsAccess& access, const void* refs, const void* object) {
  const std::size_t size = access.size(refs);
  std::size_t index = 0;
  while (index < size && access.get(refs, index) != object) {
    ++index;
  }
  return index;
}

void append_to(const RefsAccess& access, void* refs, std::shared_ptr<void> object) {
  const std::size_t size = access.size(refs);
  access.resize(refs, size + 1);
  access.exchange(refs, size, std::move(object));
}

void take_out_of(const RefsAccess& access, void* refs, const void* object) {
  const std::size_t size = access.size(refs);
  std::size_t kept = index_in(access, refs, object);
  for (std::size_t i = kept + 1; i < size; ++i) {
    if (access.get(refs, i) != object) {
      access.exchange(refs, kept++, access.exchange(refs, i, nullptr));
    }
  }
  if (kept < size) {
    access.resize(refs, kept);
  }
}

void set_refs(const RefsAccess& access, void* refs, std::span<std::shared_ptr<void>> objects) {
  access.resize(refs, objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    access.exchange(refs, i, std::move(objects[i]));
  }
}

// Fields as sessions use them ----------------------------------------------------------------------------------------

namespace {

// The fields of whatever type begin with what they derive from.
RelationField& field_in(const RelationInfo& relation, const void* owner) {
  return *static_cast<RelationField*>(const_cast<void*>(field_of(owner, relation.offset)));
}

OneField& one_in(const RelationInfo& relation, const void* owner) {
  return static_cast<OneField&>(field_in(relation, owner));
}

void* refs_in(const RelationInfo& relation, const void* owner) {
  return const_cast<void*>(field_of(owner, relation.refs_offset));
}

}  // namespace

void RelationInfo::attach(void* owner, RelationSession* session) const {
  RelationField& field = field_in(*this, owner);
  field.session_ = session;
  field.relation_ = this;
}

void RelationInfo::set(void* owner, std::span<std::shared_ptr<void>> objects) const {
  if (refs != nullptr) {
    set_refs(*refs, refs_in(*this, owner), objects);
  } else {
    one_in(*this, owner).object_ = objects.empty() ? nullptr : std::move(objects.front());
  }
  set_loaded(owner);
}

bool RelationInfo::loaded(const void* owner) const {
  return field_in(*this, owner).loaded_;
}

bool RelationInfo::linked(const void* owner) const {
  return field_in(*this, owner).linked_;
}

void RelationInfo::set_loaded(void* owner) const {
  field_in(*this, owner).loaded_ = true;
}

std::size_t RelationInfo::size(const void* owner) const {
  if (refs != nullptr) {
    return refs->size(refs_in(*this, owner));
  }
  return one_in(*this, owner).object_ != nullptr ? 1 : 0;
}

bool RelationInfo::contains(const void* owner, const void* object) const {
  if (refs != nullptr) {
    return index_in(*refs, refs_in(*this, owner), object) < size(owner);
  }
  return one_in(*this, owner).object_.get() == object;
}

std::shared_ptr<void> RelationInfo::at(const void* owner, std::size_t index) const {
  return refs != nullptr ? refs->at(refs_in(*this, owner), index) : one_in(*this, owner).object_;
}

void RelationInfo::append(void* owner, std::shared_ptr<void> object) const {
  if (refs != nullptr) {
    return append_to(*refs, refs_in(*this, owner), std::move(object));
  }
  OneField& one = one_in(*this, owner);
  one.object_ = std::move(object);
  one.loaded_ = one.linked_ = true;
}

void RelationInfo::take_out(void* owner, const void* object) const {
  if (refs != nullptr) {
    return take_out_of(*refs, refs_in(*this, owner), object);
  }
  OneField& one = one_in(*this, owner);
  if (one.object_.get() == object) {
    one.object_.reset();
  }
}

void RelationInfo::unload(void* owner) const {
  if (refs != nullptr) {
    refs->resize(refs_in(*this, owner), 0);
  } else {
    one_in(*this, owner).object_.reset();
  }
  field_in(*this, owner).loaded_ = false;
}

void RelationInfo::loosen(void* owner) const {
  if (refs != nullptr) {
    return unload(owner);
  }
  OneField& one = one_in(*this, owner);
  if (one.object_ != nullptr) {
    one.loose_ = std::exchange(one.object_, nullptr);
  }
}

}  // namespace posthouse::orm::detail
