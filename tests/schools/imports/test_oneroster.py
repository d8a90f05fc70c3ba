"""OneRoster 1.2 CSV becomes the same rows as our own feed."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from sqlalchemy.orm import Session

from idp.schools.imports import oneroster
from idp.schools.imports.rows import BadRow, FeedRefused, Refusal, Row, Wrong
from tests.schools.imports.feeds import LARGEST, enrolment, person, taken_in

Files = dict[str, str]


def files(**changed: str) -> Files:
    """One school with a class of secondary education, one pupil in it; each file can be changed by its name."""
    named: Files = {
        "manifest": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.orgs,bulk\n"
        "file.academicSessions,bulk\nfile.classes,bulk\nfile.users,bulk\nfile.enrollments,bulk\n"
        "file.demographics,bulk\nfile.courses,absent\n",
        "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
        "o1,,,Brussel,school,2,\no2,,,De Koepel,district,9,\n",
        "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
        "t1,,,2026-2027,schoolYear,2026-09-01,2027-08-31,,2027\n",
        "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
        "schoolSourcedId,termSourcedIds,metadata.onderwijs\n"
        'c1,,,"2e lj 2e gr Wetenschappen, ASO",,,4WE,homeroom,,o1,"t1,t2",gewoon_secundair\n'
        "c2,,,Chemie,,,CH,scheduled,,o1,t1,gewoon_secundair\n",
        "users": "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,identifier,"
        "userMasterIdentifier,preferredGivenName,preferredFamilyName\n"
        "u1,,,true,x,Butrint Arben,Boeren,47727,KEY-1,Butrint,\n"
        "u2,,,true,x,Els,Verstraete,5,,,\n",
        "demographics": "sourcedId,status,dateLastModified,birthDate,sex\nu1,,,2009-01-19,male\n",
        "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
        "beginDate,endDate\n"
        "e1,,,c1,o1,u1,student,true,,\n"
        "e2,,,c2,o1,u1,student,,,\n"
        "e3,,,c1,o1,u2,teacher,,,\n"
        "e4,tobedeleted,,c1,o1,u2,student,,,\n",
    }
    return {**named, **changed}


def zipped(content: Files) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(f"{name}.csv", text)
    file.seek(0)
    return file


def read(content: Files) -> list[Row | BadRow]:
    return list(oneroster.rows(zipped(content), LARGEST))


def test_R89_an_enrolment_of_a_student_in_a_homeroom_is_a_row() -> None:
    assert read(files()) == [
        Row(
            line=2,
            school_number=2,
            school_name="Brussel",
            pupil_number=47727,
            given_name="Butrint",
            family_name="Boeren",
            official_given_name="Butrint Arben",
            official_family_name="Boeren",
            sex="M",
            birth_date=date(2009, 1, 19),
            administrative_group="2e lj 2e gr Wetenschappen, ASO",
            class_code="4WE",
            ordinary_secondary=True,
            pupil_key="KEY-1",
            starts_on=date(2026, 9, 1),
            ends_on=date(2027, 8, 31),
        )
    ]


def test_R90_without_demographics_nothing_is_official() -> None:
    content = files()
    del content["demographics"]
    (found,) = read(content)
    assert isinstance(found, Row)
    assert (found.official_given_name, found.birth_date, found.sex) == (None, None, None)


def test_an_enrolments_own_days_go_before_those_of_the_year() -> None:
    head = files()["enrollments"].splitlines()[0]
    (found,) = read(files(enrollments=f"{head}\ne1,,,c1,o1,u1,student,,2026-10-05,2027-06-30\n"))
    assert isinstance(found, Row)
    assert (found.starts_on, found.ends_on) == (date(2026, 10, 5), date(2027, 6, 30))


@pytest.mark.parametrize(
    ("file", "old", "new", "column", "wrong"),
    [
        ("users", ",47727,", ",abc,", "users.identifier", Wrong.NO_NUMBER),
        ("users", "Boeren", "", "users.familyName", Wrong.EMPTY),
        ("users", "u1,", "u9,", "userSourcedId", Wrong.UNKNOWN_WORD),
        ("orgs", ",school,2,", ",school,,", "orgs.identifier", Wrong.EMPTY),
        ("orgs", "o1,", "o9,", "schoolSourcedId", Wrong.UNKNOWN_WORD),
        ("classes", "gewoon_secundair\nc2", "so\nc2", "classes.metadata.onderwijs", Wrong.UNKNOWN_WORD),
        ("academicSessions", "2026-09-01", "", "beginDate", Wrong.EMPTY),
        ("academicSessions", "2027-08-31", "2026-08-31", "endDate", Wrong.ENDS_FIRST),
        ("demographics", "2009-01-19", "2009-02-30", "demographics.birthDate", Wrong.IMPOSSIBLE),
        ("demographics", "male", "boy", "demographics.sex", Wrong.UNKNOWN_WORD),
        ("enrollments", ",student,true,,", ",student", "", Wrong.CELLS),
    ],
)
def test_OA_52_a_bad_record_is_named(file: str, old: str, new: str, column: str, wrong: Wrong) -> None:
    content = files()
    bad = read(content | {file: content[file].replace(old, new, 1)})[0]
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column, bad.wrong) == (2, column, wrong)


@pytest.mark.parametrize(
    ("file", "old", "new", "refusal"),
    [
        ("manifest", "oneroster.version,1.2", "oneroster.version,1.1", Refusal.NO_ONEROSTER),
        ("manifest", "file.users,bulk", "file.users,delta", Refusal.NO_BULK),
        ("manifest", "file.users,bulk", "file.users,absent", Refusal.FILE_MISSING),
        ("users", "identifier,", "nummer,", Refusal.COLUMN_MISSING),
        ("users", "username", "status", Refusal.COLUMN_TWICE),
        ("users", "Boeren", '"Boeren', Refusal.QUOTES),
    ],
)
def test_OA_52_another_kind_of_zip_is_refused(file: str, old: str, new: str, refusal: Refusal) -> None:
    content = files()
    with pytest.raises(FeedRefused) as refused:
        read(content | {file: content[file].replace(old, new, 1)})
    assert refused.value.refusal is refusal


def test_R89_it_is_imported_like_any_feed(db: Session) -> None:
    taken_in(db, zipped(files()))
    assert enrolment(db, 47727).administrative_group == "2e lj 2e gr Wetenschappen, ASO"
    assert person(db, 47727).official_given_name == "Butrint Arben"
