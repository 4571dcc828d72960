"""What pypinyin's dictionary does not say about how Chinese is read aloud: tables for `models.neural_voices.pinyin`.

From the common vocabulary of standard Chinese; each table is read in the order given there, and a word of these tables
is also a word for cutting sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def table(pairs: str) -> Mapping[str, str]:
    """A mapping written as "key:value key:value"."""
    return dict(pair.split(":") for pair in pairs.split())


VERBS = frozenset("看走想试说听谢等问坐玩聊尝读写学找帮瞧歇逛数练算查猜摸比改讲谈跑洗笑动点管抱亲散转画唱跳猜碰闻翻")
"""Said twice, they mean "a bit", and the second one is weak; 一 between the two is weak as well."""

NEUTRAL = frozenset(verb * 2 for verb in VERBS) | frozenset(
    """
    东西 朋友 先生 学生 喜欢 漂亮 衣服 告诉 认识 时候 地方 知道 关系 麻烦 休息 客气 舒服 聪明 名字 消息 打算 姑娘
    窗户 眼睛 耳朵 嘴巴 太阳 月亮 护士 葡萄 豆腐 点心 早上 晚上 商量 明白 清楚 干净 热闹 凉快 爸爸 妈妈 哥哥 姐姐
    妹妹 爷爷 奶奶 叔叔 舅舅 姑姑 公公 宝宝 太太 娃娃 星星 猩猩 丈夫 亲戚 媳妇 女婿 师傅 老婆 老爷 少爷 伙计 裁缝
    木匠 和尚 道士 状元 秀才 将军 故事 事情 生意 买卖 厉害 结实 老实 实在 糊涂 马虎 迷糊 含糊 古怪 新鲜 痛快 勤快
    爽快 自在 规矩 讲究 将就 迁就 凑合 应付 对付 打听 打扮 打发 收拾 招呼 称呼 照应 答应 胳膊 脑袋 嗓子 屁股 眉毛
    指甲 脊梁 喇叭 风筝 灯笼 扫帚 簸箕 抽屉 玻璃 石榴 西瓜 庄稼 粮食 棉花 芝麻 高粱 蘑菇 烧饼 骆驼 狐狸 刺猬 牲口
    畜牲 云彩 本事 力气 脾气 福气 运气 口气 样子 笑话 分寸 味道 滋味 尺寸 行李 包袱 铺盖 首饰 胭脂 嘀咕 唠叨 哆嗦
    叨唠 咳嗽 喷嚏 呼噜 哈欠 窟窿 疟疾 痢疾 委屈 冤枉 吓唬 糟蹋 耽误 耽搁 琢磨 寻思 惦记 佩服 巴结 拉扯 拨弄 摆弄
    捉摸 溜达 晃悠 转悠 踏实 扎实 稳当 妥当 便当 累赘 别扭 啰嗦 啰唆 罗嗦 利索 利落 麻利 机灵 伶俐 大方 小气 阔气
    秀气 俗气 娇气 傻气 洋气 土气 客人 别人 它们 孩子们 里边 外边 上边 下边 前边 后边 左边 右边 这边 那边 旁边 东边
    西边 南边 北边 里面 外面 上面 下面 前面 后面 进来 进去 出来 出去 回来 回去 过来 过去 起来 上来 上去 下来 下去
    带来 身上 路上 桌上 床上 墙上 手上 脸上 地上 头上 街上 屋里 家里 手里 心里 眼里 嘴里 夜里 城里 村里 水里 那里
    哪里 这里 底下 乡下 吩咐 嘱咐 盘算 合计 照看 栅栏 篱笆 牌楼 牌坊 染坊 油坊 磨坊 街坊 胡同 冤家 东家 娘家 婆家
    人家 姑奶奶 老太太 小伙子 一辈子 这样子 干嘛 在乎 玄乎 合同 相声 学问 见识 枇杷 荸荠 蛐蛐
    """.split()
)
"""Words whose last syllable is weak, which the dictionary reads in full."""

FULL_ER = frozenset(
    """
    女儿 儿子 儿女 儿童 儿歌 儿科 儿媳 儿孙 儿时 儿戏 婴儿 幼儿 孤儿 胎儿 少儿 健儿 男儿 混血儿 新生儿 早产儿 宠儿
    弃儿 育儿 小儿 患儿 妻儿 幼儿园 托儿所
    """.split()
)
"""Where 儿 is a syllable of its own and not the ending of the word before it."""

COMMON = frozenset(
    """
    今天 明天 昨天 后天 前天 今年 明年 去年 每天 天天 中午 下午 夜晚 凌晨 现在 以前 以后 之前 之后 刚才 后来 最近
    平时 随时 立刻 已经 经常 常常 总是 突然 忽然 终于 终究 本来 原来 果然 居然 竟然 所以 因此 但是 或者 如果 假如
    虽然 既然 即使 除非 于是 然后 另外 此外 非常 比较 完全 绝对 必须 越来越 世界 城市 农村 深圳 台湾 美国 英国 法国
    德国 日本 韩国 中文 普通话 人民 民族 历史 政府 政治 公司 医院 饭店 商店 邮局 飞机 公园 图书馆 博物馆 展览馆
    电影院 工作 学习 生活 起床 吃饭 喝茶 做饭 买东西 下班 放学 下课 考试 作业 成绩 毕业 老师 老板 经理 医生 律师
    司机 警察 歌手 小孩 老人 年轻人 男孩 小姐 邻居 自己 每个 全部 时代 年代 春天 夏天 秋天 冬天 天气 下雪 海边 河流
    山水 森林 草原 动物 植物 健康 生病 吃药 手机 电脑 电话 电视 电影 网站 软件 程序 新闻 报纸 杂志 视频 唱歌 运动
    游泳 爬山 旅游 比赛 游戏 足球 篮球 锻炼 诗歌 文章 汉字 问题 开始 继续 停止 完成 成功 失败 努力 坚持 放弃 希望
    愿望 理想 梦想 准备 决定 反对 支持 帮忙 感谢 开心 幸福 伤心 生气 害怕 紧张 激动 满意 失望 后悔 惊讶 无聊 孤独
    温暖 善良 勇敢 认真 小心 安静 安全 危险 复杂 容易 普通 特殊 错误 明显 理解 介绍 表示 表达 请问 看到 遇到 交流
    热爱 讨厌 忘记 想起 想念 考虑 感到 出现 消失 增加 减少 改变 影响 关心 愿意 试试 请求 邀请 欢迎 您好 谢谢 恭喜
    生日 礼物 新年 中秋节 月饼 米饭 面包 牛奶 水果 香蕉 草莓 蔬菜 白菜 土豆 牛肉 羊肉 猪肉 鸡肉 鱼肉 米粉 火锅 烤鸭
    果汁 啤酒 红酒 白酒 绿茶 早餐 午餐 晚餐 早饭 午饭 晚饭 厨房 客厅 卧室 冰箱 眼镜 手表 钱包 书包 颜色 黄色 蓝色
    绿色 白色 黑色 声音 方法 办法 经验 水平 情况 原因 方面 中间 附近 东方 西方 路口 马路 右转 往前 公里 分钟 小时
    星期天 周末 礼拜 人民币 美元 信用卡 项目 产品 客户 管理 科学 宇宙 火星 月球 飞船 卫星 环境 污染 保护 资源 电影票
    机票 火车票 护照 签证 酒店 宾馆 导游 古代 现代 皇帝 公主 士兵 战争 革命 英雄 哲学 道理 精神 意义 自由 平等 法律
    权利 总统 首领 领导 总理 指导 辅导 引导 检讨 老虎 老鼠 海岛 小鸟 小狗 小草 水手 手指 保险 保守 古老 古典 举止
    举手 粉笔 永久 鼓舞 鼓掌 导演 展览 敏感 本领 美满 选举 海口 起点 起码 表演 表姐 顶点 缓缓 婉转 阻止 最好 很好
    得到 得了 各地 荷花 混合 蒙古 内蒙古 据说 教会 教授 教育 教师 教室 教学 教练 教材 教程 教堂 教科书 长高 地铁站
    营地 拖地 得分 得奖 求得 鸡蛋 密切 熟悉 成熟
    """.split()
)
"""Frequent words that the dictionary, made for characters with several readings, does not hold: they stand together."""

SYLLABLES = table(
    """
    地:de5 得:de5 教:jiao1 调:tiao2 弹:tan2 长:chang2 切:qie1 铺:pu1 似:si4 嚼:jiao2 钻:zuan1 晕:yun1 剥:bao1
    靓:liang4 嗯:en4 唔:en4 哦:o4 喔:o4 噢:o4 咯:lo5 欸:ei2 诶:ei2 哼:heng1 〇:ling2 俩:lia3 仨:sa1 率:lv4 熟:shu2
    盛:sheng4 挣:zheng4
    """
)
"""How a character is read that is no part of a longer word, where the dictionary's first reading is not the usual one."""

WORDS = {
    word: reading.replace("-", " ")
    for word, reading in table(
        """
        大夫:dai4-fu5 一会儿:yi2-hui4-er5 一下:yi2-xia4 一点儿:yi4-dian3-er5 变为:bian4-wei2 视为:shi4-wei2
        弹吉他:tan2-ji2-ta1 电子:dian4-zi3 男子:nan2-zi3 原子:yuan2-zi3 孔子:kong3-zi3 质子:zhi4-zi3 因子:yin1-zi3
        离子:li2-zi3 粒子:li4-zi3 电子书:dian4-zi3-shu1 孟子:meng4-zi3 庄子:zhuang1-zi3 天子:tian1-zi3 才子:cai2-zi3
        母子:mu3-zi3 瓜子:gua1-zi3 一片:yi2-pian4 头发:tou2-fa5 一觉:yi2-jiao4 教训:jiao4-xun5 长得:zhang3-de5
        不一会儿:bu4-yi2-hui4-er5
        """
    ).items()
}
"""Words that the dictionary lacks or reads as people seldom do; tones as in the dictionary but for weak syllables."""

CONTEXTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), syllable)
    for pattern, syllable in (
        (
            r"(?<=[我你您他她它们咱就还都总也又可谁])得(?=[走去来要看问想找把给先回赶好多再小快做吃等写学买努花付跟自注])",
            "dei3",
        ),
        (r"(?<=[扫拖种此该遍满占在])地|地(?=[上下里铁])", "di4"),
        (r"还(?=[给钱书债款清])", "huan2"),
        (r"(?<=[受忘做办去来走吃用动少免改跑逃变干买帮管][不得])了", "liao3"),
        (r"(?<=[睡找用猜够]不)着|(?<=[找猜])着", "zhao2"),
        (r"长(?=[得着出大高满了])|(?<=[院局部站队厂处科会团班组校市县省社州镇村])长", "zhang3"),
        (r"(?<=[一二两三四五六七八九十百千几每这那半多])只(?![是有能要会好想不])", "zhi1"),
        (r"(?<=[睡个])觉(?![得察悟])|觉(?=$|[了吧吗])", "jiao4"),
        (r"(?<=[一两三四五六七八九十几每])行", "hang2"),
        (r"(?<=[变分视译改定列评选设称化命])为|为(?=[主止准首例期])", "wei2"),
        (r"重(?=[新复做写来说读看装启建试听录拍画排起演])", "chong2"),
        (r"(?<=[很太又晒吹擦烘晾])干(?![什啥])|干(?=又)", "gan1"),
        (r"数(?=[一数到])|(?<=数一)数", "shu3"),
        (r"种(?=[树花菜草粮瓜田下])", "zhong4"),
        (r"(?<=[摔跌打推绊病晕累滑])倒", "dao3"),
        (r"量(?=[一体身血])", "liang2"),
        (r"(?<=[打猜选抽击])中", "zhong4"),
        (r"(?<=[放请休])假", "jia4"),
        (r"(?<=[有没抽])空(?![气调])", "kong4"),
        (r"背(?=[着起])", "bei1"),
        (r"转(?=[圈悠])", "zhuan4"),
        (r"的(?=士)", "di1"),
    )
)
"""What a character that stands alone is read as between certain others; the later one holds."""
