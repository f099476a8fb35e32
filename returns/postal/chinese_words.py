"""How Chinese addresses are written: the words and forms by which `chinese.py` splits them."""

import re

# Those that are told to be missing.
FIELDS = ("name", "phone", "region", "city", "district", "street")
# Longer ones first: each is looked for before a colon, and at the beginning of a line.
LABELS: dict[str, str] = {
    "收货人姓名": "name",
    "收件人姓名": "name",
    "收货人电话": "phone",
    "收件人电话": "phone",
    "收货人手机": "phone",
    "收件人手机": "phone",
    "收货人": "name",
    "收件人": "name",
    "联系人": "name",
    "收货姓名": "name",
    "姓名": "name",
    "名字": "name",
    "手机号码": "phone",
    "手机号": "phone",
    "手机": "phone",
    "联系电话": "phone",
    "联系方式": "phone",
    "电话号码": "phone",
    "固定电话": "phone",
    "电话": "phone",
    "座机": "phone",
    "邮政编码": "postcode",
    "邮编": "postcode",
    "国家/地区": "country",
    "国家": "country",
    "所在地区": "place",
    "所在省市": "place",
    "省市区": "place",
    "地区": "place",
    "收货地址": "place",
    "收件地址": "place",
    "收件人地址": "place",
    "收货人地址": "place",
    "邮寄地址": "place",
    "联系地址": "place",
    "详细地址": "place",
    "街道地址": "place",
    "地址": "place",
}
LABEL = re.compile(
    f"(?<![\u4e00-\u9fff])({'|'.join(sorted(LABELS, key=len, reverse=True))})"
    r"(?:[ \t]*:[ \t]*|[ \t]+|(?=[+\d]))"
)
COUNTRY = re.compile(
    r"^(?:中国大陆|中国内地|中华人民共和国|中国)(?![\u4e00-\u9fff]{0,3}[路街村道巷])"
)
SEPARATORS = ",;、。|/\\\n\r\t "
BETWEEN = re.compile(r"[,;、。|\n\r\t ]+")
# With 86 before it, blanks within, hidden digits, and the code of a number that hides it.
MOBILE = re.compile(
    r"(?<![\d+])(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:[- ]?[\d*]{4}){2}(?:(?:[-#转]|转 ?)\d{1,6})?(?!\d)"
)
LANDLINE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[- ]?)?\(?0\d{2,3}\)?[- ]?\d{7,8}(?:[-转]\d{1,5})?(?!\d)"
)
POSTCODE = re.compile(r"(?<!\d)[0-8]\d{5}(?!\d)")
NO_POSTCODE = "000000"
# Stand where others have a city, and name none.
FILLERS = ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖行政单位", "省直辖")
TAIL = re.compile(r"[((]?(?:亲?收|签收)[))]?$")
# What the name of a place ends in, longer ones first.
ENDINGS = (
    "自治区", "自治州", "自治县", "自治旗", "地区", "新区", "林区",
    "省", "市", "州", "盟", "区", "县", "旗",
)  # fmt: skip
PEOPLES = re.compile(
    "(?:蒙古|哈萨克|柯尔克孜|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|傣|黎|傈僳|佤|"
    "畲|高山|拉祜|水|东乡|纳西|景颇|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|"
    "鄂温克|独龙|裕固|保安|各)族?"
)
# After the short name of a place, they show that it is the name of a road.
ROAD = re.compile(
    r"^(?:[东西南北中]?[一二三四五六七八九]?(?:大?[路街道巷]|大街|胡同|弄|里|村|镇|乡))"
)
# Parts of a city that are no districts.
NOT_DISTRICT = re.compile(
    r"(?:小|社|园|校|厂|景|院|营|片|市|城|库|山|住宅|生活|居住|别墅|开发|保税)区$"
)
# What looks like a place that the list does not know: it is older than some of them.
UNKNOWN_CITY = re.compile(r"^[\u4e00-\u9fff]{2,8}?(?:自治州|地区|[市州盟])")
UNKNOWN_DISTRICT = re.compile(r"^[\u4e00-\u9fff]{2,6}?(?:自治县|自治旗|新区|[区县旗市])")
# No name ends so, or has these within.
IN_STREET = re.compile(
    r"[省市区县旗镇乡村路街道巷弄号栋幢座楼层室组队苑园厦店站院场口门内里旁边家库部]$|[路街号栋楼室]"
)
# The usual ones, one sign each.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱"
    "严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符"
    "舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司"
    "卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙"
    "荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘"
    "满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普"
    "阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭"
    "干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
COMPOUND = frozenset(
    ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "独孤", "南宫",
     "夏侯", "慕容", "令狐", "皇甫", "尉迟", "长孙", "公孙", "端木")
)  # fmt: skip
