"""How Chinese is said, kind by kind, beyond the table of the benchmark."""

from __future__ import annotations

import pytest

from benchmarks.spoken_forms import alike, said
from models.spoken_forms.chinese.numbers import cardinal

SAID = {
    "周一至周五9:00-18:00营业。": "周一至周五九点到十八点营业。",
    "电话是010-62345678转801。": "电话是零一零，六二三四五六七八转八零一。",
    "光速约3×10⁸m/s。": "光速约三乘十的八次方米每秒。",
    "100/4=25": "一百除以四等于二十五",
    "大约~20人，~5块，9点~10点。": "大约二十人，约五块，九点到十点。",
    "2年，2毛，2年级，2个月，2月2号": "两年，两毛，二年级，两个月，二月二号",
    "12个，22个，102个": "十二个，二十二个，一百零二个",
    "皇马3-1战胜巴萨，总比分102-98。": "皇马三比一战胜巴萨，总比分一百零二比九十八。",
    "今年是2025，明年2026。": "今年是二零二五，明年二零二六。",
    "1949.10.1成立。": "一九四九年十月一日成立。",
    "2020/2021赛季": "二零二零到二零二一赛季",
    "QQ号12345678，1203房间。": "QQ号一二三四五六七八，一二零三房间。",
    "￥5/斤，20元/kg，60km/h。": "五元每斤，二十元每公斤，六十公里每小时。",
    "256GB，100m²，3D，WiFi6": "二百五十六GB，一百平方米，三D，WiFi六",
    "3²=9，x²-2x+1=0": "三的平方等于九，x的平方减二x加一等于零",
    "VIP，CEO，GDP增长5.2%。": "VIP，CEO，GDP增长百分之五点二。",
    "II级，III期": "二级，三期",
    "3℃-5℃，5%-10%": "三摄氏度到五摄氏度，百分之五到百分之十",
    "20世纪90年代，80后": "二十世纪九十年代，八零后",
    "花了3.5万块，赚了2亿。": "花了三点五万块，赚了两亿。",
    "我用Python 3.11写的，x=256。": "我用Python三点一一写的，x等于二百五十六。",
}


@pytest.mark.parametrize(("written", "spoken"), SAID.items())
def test_chinese_is_said(written: str, spoken: str) -> None:
    assert alike("".join(said(written, "zh")[0])) == alike(spoken)


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        (0, "零"),
        (10, "十"),
        (15, "十五"),
        (110, "一百一十"),
        (1001, "一千零一"),
        (10_010, "一万零一十"),
        (100_000_000, "一亿"),
        (100_010_001, "一亿零一万零一"),
        ("1,250,000", "一百二十五万"),
        ("007", "零零七"),
    ],
)
def test_numbers_have_their_places_and_zeros(number: int | str, spoken: str) -> None:
    assert cardinal(number) == spoken
