"""Why the form refuses something, in the words of statistics: by the code of the fault."""

REFUSAL_WORDS: dict[str, str] = {
    "required": "没有填写",
    "too_short": "写得太短或不完整",
    "too_long": "写得太长",
    "invalid": "写法不对",
    "masked_value": "填的是星号",
    "looks_like_phone": "填成了手机号",
    "id_length": "位数不对",
    "id_region": "前 6 位不对",
    "id_date": "出生日期不对",
    "id_checksum": "校验位不对",
    "image_missing": "没有附图",
    "image_too_small": "截得太小",
    "image_partial": "没有截全",
    "image_confirm": "还没有确认是整屏",
    "image_blank": "空白或全黑",
    "image_broken": "图片打不开",
    "image_type": "图片格式不对",
    "image_too_large": "图片太大",
    "image_too_many": "附图太多",
}
