"""What `bench spoken` has voices say: everyday sentences without figures, so that there is one way to write each down."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Good morning, did you sleep well last night?",
        "I have been waiting for you in front of the bank since noon.",
        "Could you tell me the way to the railway station, please?",
        "If it rains tomorrow, we will stay at home and play cards.",
        "My favourite season is autumn, because the leaves turn golden.",
        "The doctor told me to drink more water and to rest.",
        "He came home very late, and nobody heard him open the door.",
        "What do you find the hardest thing about learning a language?",
        "There is a little cat asleep under the kitchen table.",
        "She read the letter twice before she put it away.",
        "Would you mind closing the window? The wind is getting cold.",
        "That is a good question, but I am not sure that I know the answer.",
        "Take your time, I am listening.",
        "The train to the coast leaves from the other side of the station.",
        "We walked along the river until the sun went down.",
        "I never thought that you would remember my birthday.",
        "Once upon a time an old man lived alone in the mountains.",
        "The soup is too hot to eat, so let us wait a moment.",
        "Our teacher said that everybody had made great progress.",
        "Thank you for the present, it is exactly what I wanted.",
    ),
    "zh": (
        "早上好，昨天晚上睡得怎么样？",
        "今天天气很好，我们一起去公园走走吧。",
        "我已经在银行门口等了你半个小时了。",
        "请问，去火车站应该怎么走？",
        "这家饭馆的红烧肉又便宜又好吃。",
        "他昨天晚上很晚才回到家里。",
        "你觉得学习一门外语最难的是什么？",
        "如果明天下雨，比赛就改到星期天举行。",
        "我最喜欢的季节是秋天，因为树叶都变成了金黄色。",
        "妈妈让我把窗户关上，外面的风太大了。",
        "医生说你只要多喝水，好好休息就可以了。",
        "这本书我看了好几遍，每次都有新的收获。",
        "别着急，慢慢说，我在认真听。",
        "他一边听音乐一边做数学作业。",
        "老师表扬了他，说他的进步非常快。",
        "北京的冬天又干又冷，可是房间里很暖和。",
        "那只小猫悄悄地走到桌子下面睡着了。",
        "谢谢你的礼物，我真没想到你还记得我的生日。",
        "很久很久以前，山里住着一位老人。",
        "这个问题不太简单，让我再想一想。",
    ),
}
