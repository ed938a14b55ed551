import sys

from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import declarative_base, relationship, sessionmaker

Base = declarative_base()

user_school = Table(
    "user_school",
    Base.metadata,
    Column("user_id", String(20), ForeignKey("user.id"), primary_key=True),
    Column("school_id", String(20), ForeignKey("school.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "user"
    id = Column(String(20), primary_key=True)
    name = Column(String(20))
    books = relationship("Book")
    schools = relationship("School", secondary=user_school)


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    name = Column(String(100))
    user_id = Column(String(20), ForeignKey("user.id"))


class School(Base):
    __tablename__ = "school"
    id = Column(String(20), primary_key=True)
    name = Column(String(20))


engine = create_engine(sys.argv[1] if len(sys.argv) > 1 else "sqlite://")
Base.metadata.create_all(engine)
Session = sessionmaker(bind=engine)
with Session() as session:
    bob = User(id="5", name="Bob")
    bob.books = [Book(name="The Post House"), Book(name="驿站")]
    bob.schools = [School(id="1", name="School of Post")]
    session.add_all([bob, User(id="6", name="Bob")])
    session.commit()

with Session() as session:
    user = session.query(User).filter(User.id == "5").one()
    print("name:", user.name)
    for book in user.books:
        print("book:", book.name)
    for school in user.schools:
        print("school:", school.name)
    print("called Bob:", len(session.query(User).filter_by(name="Bob").all()))
    for name in ("Nobody", "Bob"):
        try:
            session.query(User).filter_by(name=name).one()
        except NoResultFound:
            print(f"one() of {name}: no_row")
        except MultipleResultsFound:
            print(f"one() of {name}: too_many_rows")
