import sqlite3
import sys


def write_user(path):
    db = sqlite3.connect(path)
    try:
        cursor = db.cursor()
        cursor.execute("create table if not exists user (id varchar(20) primary key, name varchar(20))")
        cursor.execute("insert into user (id, name) values (?, ?)", ("1", "Michael 🏣 驿站"))
        print("rowcount =", cursor.rowcount)
        db.commit()
    finally:
        db.close()


def read_user(path):
    db = sqlite3.connect(path)
    try:
        cursor = db.cursor()
        cursor.execute("select id, name from user where id = ?", ("1",))
        for id, name in cursor.fetchall():
            print(id, name)
    finally:
        db.close()


try:
    file = sys.argv[1] if len(sys.argv) > 1 else "test.db"
    write_user(file)
    read_user(file)
except sqlite3.Error as error:
    sys.exit(str(error))
