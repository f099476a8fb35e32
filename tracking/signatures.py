"""Who took a parcel in, as a carrier's words tell it. Pure functions.

Codes come first, but most carriers have none for it, and some couriers choose “by the
receiver” and write who it really was. What the words say is nobody's fault: it is a reason to
ask. Only of deliveries: before them, the same words say where it is to be left.
"""

import re
import unicodedata

from tracking.milestones import Milestone
from tracking.reports import Signed

# Where it was left to be fetched. Read first: stations and shops also take it in for others.
LOCKERS = (
    r"\b(?:parcel )?lockers?\b|\bpackstation\b|\bpaczkomat\w*|\bpick-?up point\b|\bparcel ?shop\b"
    r"|\bcollection point\b|\bservice point\b|\bpaštomat\w*"
    r"|驿站|快递柜|丰巢|智能柜|自提柜|自提点|代收点|代收站|代理点|服务站|格口|入柜|超市|便利店|门店"
)
# Somebody else than the receiver: whoever sits at the door, lives next door, or the like.
OTHERS = (
    r"\bneighbou?rs?\b|\b(?:security )?guard(?:house)?\b|\bsecurity (?:desk|office|staff|man)\b"
    r"|\b(?:left with|signed(?: for)? by|received by|accepted by)[\s:,-]*security\b"
    r"|\bconcierge\b|\bdoorman\b|\bporter(?:'s lodge)?\b|\bjanitor\b|\bcaretaker\b"
    r"|\bfront ?desk\b|\breception(?:ist)?\b|\bmail ?room\b|\bproperty management\b"
    r"|\bcolleague\b|\bco-?worker\b|\b(?:room|house|flat)mate\b|\bfamily member\b|\brelative\b"
    r"|\b(?:third party|third person|another person|other person|someone else|somebody else)\b"
    r"|\bdelivered,? to agent\b|\bon behalf of\b"
    r"|\bnachbar\w*|\bersatzempfänger\w*|\bpförtner\w*|\bhausmeister\w*"
    r"|\bvoisine?s?\b|\bgardien(?:ne)?\b|\bun tiers\b"
    r"|\bvecin[oa]s?\b|\bconserje(?:ría)?\b|\bporter[oí]a?\b"
    r"|\bvicin[oa] di casa\b|\bportier[ei]\b|\bportineria\b"
    r"|\bburen\b|\bbuurman\b|\bbuurvrouw\b|\bsąsi\w+|\bkaimyn\w+|\bvizinh[oa]\b|\bportaria\b"
    r"|\bgrannar?\b|\bnabo\b"
    r"|非本人|门卫|门岗|岗亭|保安|物业|管理处|前台|传达室|收发室|收发章|宿管|代签|代收|代领"
    r"|邻居|同事|家人|家属|亲友|亲戚|朋友|室友|他人"
)
# Paid for at the door by whoever takes it in, which is called as if another took it in.
NO_SIGNATURE = re.compile(r"代收(?:货款|款|费)|代签收(?:服务|须知)")
TO_A_LOCKER, BY_ANOTHER = re.compile(LOCKERS), re.compile(OTHERS)
BY_THE_RECEIVER = re.compile(r"本人")


def signed_by(milestone: str, code: str, words: str) -> str:
    """A value of Signed, or '' when nobody tells. code: what the carrier's code says already,
    a value of Signed or ''. words: its own text, in whatever language."""
    if milestone != Milestone.DELIVERED:
        return code
    told = NO_SIGNATURE.sub(" ", unicodedata.normalize("NFKC", words).casefold())
    if code == Signed.LOCKER:
        return code
    if TO_A_LOCKER.search(told):
        # Whose code says more knows more: it was fetched from there.
        return code or Signed.LOCKER
    if BY_ANOTHER.search(told):
        return Signed.OTHER
    return code or (Signed.SELF if BY_THE_RECEIVER.search(told) else "")
