package web

import (
	"net/http"

	"golang.org/x/text/language"
)

// Language is a language of problem texts.
type Language string

// The languages.
const (
	English Language = "en"
	French  Language = "fr"
	Arabic  Language = "ar"
)

// Text is what people read of a problem.
type Text struct{ Title, Detail string }

// LanguageOf chooses by Accept-Language, English when nothing fits.
func LanguageOf(r *http.Request) Language {
	supported := []Language{English, French, Arabic}
	matcher := language.NewMatcher([]language.Tag{language.English, language.French, language.Arabic})
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return English
	}
	_, i, _ := matcher.Match(wanted...)
	return supported[i]
}

// textOf never fails: a code without a text gets the general one.
func textOf(code string, lang Language) Text {
	of, ok := texts[code]
	if !ok {
		of = texts["other"]
	}
	return of[lang]
}

// texts is the catalog: a title and a sentence of advice in each language.
var texts = map[string]map[Language]Text{
	"other": {
		English: {"Failure", "Something failed. Quote the request id when you report it."},
		French:  {"Échec", "Une erreur s'est produite. Indiquez l'identifiant de la requête en la signalant."},
		Arabic:  {"تعذر إتمام العملية", "وقع خطأ. اذكر معرف الطلب عند التبليغ عنه."},
	},
	"invalid": {
		English: {"Not valid", "Some fields break a rule. Correct them and send again."},
		French:  {"Données non valides", "Certains champs ne respectent pas une règle. Corrigez-les et renvoyez."},
		Arabic:  {"معطيات غير صالحة", "بعض الخانات لا تحترم القواعد. صححها ثم أعد الإرسال."},
	},
	"not-found": {
		English: {"Not found", "There is no such thing here."},
		French:  {"Introuvable", "Cet élément n'existe pas ici."},
		Arabic:  {"غير موجود", "هذا العنصر غير موجود هنا."},
	},
	"exists": {
		English: {"Already there", "This is already there with other content."},
		French:  {"Existe déjà", "Cet élément existe déjà avec un autre contenu."},
		Arabic:  {"موجود من قبل", "هذا العنصر موجود من قبل بمحتوى آخر."},
	},
	"denied": {
		English: {"Not allowed", "Your role does not allow this."},
		French:  {"Non autorisé", "Votre rôle ne permet pas cette action."},
		Arabic:  {"غير مسموح", "دورك لا يسمح بهذا الإجراء."},
	},
	"conflict": {
		English: {"Changed meanwhile", "Read the current state and decide again."},
		French:  {"Modifié entre-temps", "Relisez l'état actuel et décidez de nouveau."},
		Arabic:  {"تغير في هذه الأثناء", "اقرأ الحالة الحالية ثم قرر من جديد."},
	},
	"corrupt": {
		English: {"Damaged data", "Stored data do not match their digest. Report it."},
		French:  {"Données endommagées", "Des données enregistrées ne correspondent pas à leur empreinte. Signalez-le."},
		Arabic:  {"معطيات تالفة", "معطيات مخزنة لا تطابق بصمتها. بلغ عن ذلك."},
	},
	"gap": {
		English: {"Something is missing before this", "Resume from the position given."},
		French:  {"Il manque quelque chose avant", "Reprenez à la position indiquée."},
		Arabic:  {"هناك نقص قبل هذا", "استأنف من الموضع المبين."},
	},
	"fork": {
		English: {"Two histories", "Two histories exist for the same position. Report it."},
		French:  {"Deux historiques", "Deux historiques existent pour la même position. Signalez-le."},
		Arabic:  {"سجلان متعارضان", "يوجد سجلان لنفس الموضع. بلغ عن ذلك."},
	},
	"stale": {
		English: {"Out of date", "Connect again and retry."},
		French:  {"Périmé", "Reconnectez-vous et réessayez."},
		Arabic:  {"متجاوز", "أعد الاتصال ثم حاول من جديد."},
	},
	"too-large": {
		English: {"Too large", "What was sent is over the allowed size."},
		French:  {"Trop volumineux", "L'envoi dépasse la taille autorisée."},
		Arabic:  {"حجم كبير جدا", "ما أرسل يتجاوز الحجم المسموح به."},
	},
	"full": {
		English: {"No space left", "Nothing was changed. Space must be freed before new captures."},
		French:  {"Espace insuffisant", "Rien n'a été modifié. Il faut libérer de l'espace avant toute nouvelle saisie."},
		Arabic:  {"لا توجد مساحة كافية", "لم يتغير أي شيء. يجب تحرير مساحة قبل أي تسجيل جديد."},
	},
	"storage": {
		English: {"Storage failed", "It is not known whether it was saved. Check before you repeat."},
		French:  {"Échec de l'enregistrement", "On ignore si l'enregistrement a eu lieu. Vérifiez avant de recommencer."},
		Arabic:  {"فشل التخزين", "لا يعرف هل تم الحفظ. تحقق قبل الإعادة."},
	},
	"unavailable": {
		English: {"Not available now", "Try again later."},
		French:  {"Indisponible pour le moment", "Réessayez plus tard."},
		Arabic:  {"غير متاح الآن", "حاول لاحقا."},
	},
	"timeout": {
		English: {"Took too long", "Try again."},
		French:  {"Délai dépassé", "Réessayez."},
		Arabic:  {"انتهت المهلة", "حاول من جديد."},
	},
	"unsupported": {
		English: {"Not supported", "This program does not know this form."},
		French:  {"Non pris en charge", "Le logiciel ne connaît pas ce format."},
		Arabic:  {"غير مدعوم", "هذا البرنامج لا يعرف هذا الشكل."},
	},
	"expired": {
		English: {"Expired", "Its time is over. Ask for a new one."},
		French:  {"Expiré", "Le délai est passé. Demandez-en un nouveau."},
		Arabic:  {"انتهت الصلاحية", "انتهت المدة. اطلب واحدا جديدا."},
	},
	"used": {
		English: {"Already used", "It can be used once only."},
		French:  {"Déjà utilisé", "Il ne peut servir qu'une seule fois."},
		Arabic:  {"مستعمل من قبل", "لا يستعمل إلا مرة واحدة."},
	},
	"internal": {
		English: {"Internal failure", "A fault of the program. Quote the request id when you report it."},
		French:  {"Erreur interne", "Un défaut du logiciel. Indiquez l'identifiant de la requête en le signalant."},
		Arabic:  {"خطأ داخلي", "خلل في البرنامج. اذكر معرف الطلب عند التبليغ عنه."},
	},
	"unauthenticated": {
		English: {"Sign in", "Nobody is signed in, or the token is not known."},
		French:  {"Identifiez-vous", "Personne n'est identifié, ou le jeton est inconnu."},
		Arabic:  {"المرجو تسجيل الدخول", "لم يسجل أحد الدخول، أو أن الرمز غير معروف."},
	},
	"four-eyes": {
		English: {"A second person is needed", "Who captured a visit cannot release it."},
		French:  {"Une seconde personne est nécessaire", "La personne qui a saisi un dossier ne peut pas le valider."},
		Arabic:  {"يلزم شخص ثان", "من سجل الملف لا يمكنه المصادقة عليه."},
	},
	"amend-decided": {
		English: {"The decision has been made", "Verification has decided on this request, or the person withdrew it. What was released can no longer be replaced."},
		French:  {"La décision est prise", "La vérification a décidé sur cette demande, ou la personne l'a retirée. Ce qui a été validé ne peut plus être remplacé."},
		Arabic:  {"تم البت في الطلب", "انتهى التحقق من هذا الطلب أو سحبه صاحبه، ولم يعد ممكنا استبدال ما تمت المصادقة عليه."},
	},
	"amend-elsewhere": {
		English: {"Not this post's to correct", "What counts for this request was not released here, or was replaced meanwhile. Only the post that released it can correct it."},
		French:  {"Ce poste ne peut pas corriger cette demande", "Ce qui compte pour cette demande n'a pas été validé ici, ou a été remplacé entre-temps. Seul le poste qui l'a validé peut corriger."},
		Arabic:  {"لا يمكن لهذا المركز تصحيح الطلب", "الملف المعتمد لهذا الطلب لم يصادق عليه هنا أو تم استبداله في هذه الأثناء. وحده المركز الذي صادق عليه يمكنه تصحيحه."},
	},
	"amend-open": {
		English: {"A correction has been begun", "Another draft already corrects this request. Continue that one, or destroy it first."},
		French:  {"Une correction est déjà commencée", "Un autre dossier corrige déjà cette demande. Continuez celui-là, ou détruisez-le d'abord."},
		Arabic:  {"بدأ تصحيح من قبل", "هناك ملف آخر يصحح هذا الطلب. تابعه، أو أتلفه أولا."},
	},
	"change-late": {
		English: {"Too late for this change", "The request has moved on, or has ended. Nothing was changed."},
		French:  {"Trop tard pour ce changement", "La demande a avancé, ou elle est terminée. Rien n'a changé."},
		Arabic:  {"فات أوان هذا التغيير", "تقدم الطلب أو انتهى. لم يتغير أي شيء."},
	},
	"change-open": {
		English: {"Nothing to settle", "This change was settled meanwhile, or has not come back."},
		French:  {"Rien à régler", "Ce changement a été réglé entre-temps, ou n'est pas revenu."},
		Arabic:  {"لا شيء للتسوية", "تمت تسوية هذا التغيير في هذه الأثناء، أو لم يعد."},
	},
	"no-such-route": {
		English: {"No such page", "There is nothing at this address."},
		French:  {"Page inexistante", "Il n'y a rien à cette adresse."},
		Arabic:  {"لا توجد هذه الصفحة", "لا يوجد شيء في هذا العنوان."},
	},
	"method-not-allowed": {
		English: {"Method not allowed", "This address does not take that method."},
		French:  {"Méthode non autorisée", "Cette adresse n'accepte pas cette méthode."},
		Arabic:  {"طريقة غير مسموح بها", "هذا العنوان لا يقبل هذه الطريقة."},
	},
	"malformed": {
		English: {"Malformed body", "The body is not the JSON that is asked for."},
		French:  {"Corps mal formé", "Le corps n'est pas le JSON attendu."},
		Arabic:  {"محتوى غير سليم", "المحتوى ليس بصيغة JSON المطلوبة."},
	},
	"content-type": {
		English: {"Wrong content type", "The body is declared as another type than this address takes."},
		French:  {"Type de contenu incorrect", "Le corps est déclaré d'un autre type que celui attendu."},
		Arabic:  {"نوع محتوى غير صحيح", "المحتوى مصرح به بنوع غير الذي يقبله هذا العنوان."},
	},
	"version-required": {
		English: {"Version needed", "Name the version that you have seen (If-Match)."},
		French:  {"Version requise", "Indiquez la version que vous avez vue (If-Match)."},
		Arabic:  {"رقم النسخة مطلوب", "اذكر النسخة التي اطلعت عليها (If-Match)."},
	},
	"version-conflict": {
		English: {"Changed in another window", "Somebody changed this since. Nothing was lost; read it again."},
		French:  {"Modifié dans une autre fenêtre", "Quelqu'un l'a modifié depuis. Rien n'est perdu; relisez."},
		Arabic:  {"تغير في نافذة أخرى", "غيره شخص آخر منذ ذلك الحين. لم يضع شيء؛ أعد القراءة."},
	},
	"wrong-offset": {
		English: {"Another offset", "The upload continues at the offset given."},
		French:  {"Autre position", "Le téléversement reprend à la position indiquée."},
		Arabic:  {"موضع آخر", "يستأنف التحميل من الموضع المبين."},
	},
	"upload-complete": {
		English: {"Already complete", "The image is complete. Replace it as a whole."},
		French:  {"Déjà complet", "L'image est complète. Remplacez-la entièrement."},
		Arabic:  {"مكتمل من قبل", "الصورة مكتملة. استبدلها بالكامل."},
	},
	"upload-incomplete": {
		English: {"Image not complete", "An image has not arrived whole."},
		French:  {"Image incomplète", "Une image n'est pas arrivée en entier."},
		Arabic:  {"صورة غير مكتملة", "هناك صورة لم تصل كاملة."},
	},
	"media-type": {
		English: {"Another kind of file", "The file is not of a kind that is allowed here."},
		French:  {"Autre type de fichier", "Le fichier n'est pas d'un type permis ici."},
		Arabic:  {"نوع ملف آخر", "الملف ليس من نوع مسموح به هنا."},
	},
	"picture-too-large": {
		English: {"Picture too large", "The picture has more pixels than allowed."},
		French:  {"Image trop grande", "L'image compte plus de pixels que permis."},
		Arabic:  {"صورة كبيرة جدا", "عدد نقط الصورة يتجاوز المسموح به."},
	},
	"picture-cut": {
		English: {"Only part of the picture", "The picture ends before its end: part of the file is missing."},
		French:  {"Image incomplète", "L'image s'arrête avant la fin : une partie du fichier manque."},
		Arabic:  {"صورة ناقصة", "تنتهي الصورة قبل تمامها: جزء من الملف غير موجود."},
	},
	"carried-cut": {
		English: {"Not a whole file", "This is no file from the hub, or only a part of one."},
		French:  {"Fichier incomplet", "Ce n'est pas un fichier de la plateforme nationale, ou seulement une partie."},
		Arabic:  {"ملف غير كامل", "هذا ليس ملفا من المنصة الوطنية، أو جزء منه فقط."},
	},
	"carried-changed": {
		English: {"Changed on its way", "The file is not as the hub signed it."},
		French:  {"Modifié en route", "Le fichier n'est plus tel que la plateforme nationale l'a signé."},
		Arabic:  {"تغير في الطريق", "لم يعد الملف كما وقعته المنصة الوطنية."},
	},
	"carried-other": {
		English: {"For somebody else", "The file is not an answer to this post's machine."},
		French:  {"Pour un autre poste", "Ce fichier n'est pas une réponse à la machine de ce poste."},
		Arabic:  {"لمركز آخر", "هذا الملف ليس جوابا موجها إلى جهاز هذا المركز."},
	},
	"picture-too-small": {
		English: {"Picture too small", "The picture has fewer pixels than needed. Capture again."},
		French:  {"Image trop petite", "L'image compte moins de pixels que nécessaire. Refaites la prise."},
		Arabic:  {"صورة صغيرة جدا", "عدد نقط الصورة أقل من المطلوب. أعد الالتقاط."},
	},
	"digest-mismatch": {
		English: {"Damaged on the way", "What arrived is not what was announced. Send it again."},
		French:  {"Endommagé en route", "Ce qui est arrivé n'est pas ce qui était annoncé. Renvoyez-le."},
		Arabic:  {"تلف أثناء النقل", "ما وصل ليس هو ما أعلن عنه. أعد الإرسال."},
	},
	"incomplete": {
		English: {"Cannot be released yet", "Something is missing or wrong. See the list."},
		French:  {"Validation impossible pour l'instant", "Il manque quelque chose ou une donnée est fausse. Voir la liste."},
		Arabic:  {"لا يمكن المصادقة بعد", "هناك نقص أو خطأ. انظر القائمة."},
	},
	"released": {
		English: {"Already released", "The visit is sealed. Nothing can be changed here."},
		French:  {"Déjà validé", "Le dossier est scellé. Rien ne peut plus y être modifié ici."},
		Arabic:  {"تمت المصادقة من قبل", "الملف مختوم. لا يمكن تغيير أي شيء هنا."},
	},
	"not-secured": {
		English: {"Not secured nationally yet", "Saved at this post. The national receipt has not arrived yet."},
		French:  {"Pas encore sécurisé au niveau national", "Enregistré à ce poste. Le reçu national n'est pas encore arrivé."},
		Arabic:  {"لم يؤمن وطنيا بعد", "محفوظ في هذا المركز. لم يصل الوصل الوطني بعد."},
	},
	"no-match": {
		English: {"Not found", "No request matches this reference and this slip code."},
		French:  {"Introuvable", "Aucune demande ne correspond à cette référence et à ce code."},
		Arabic:  {"غير موجود", "لا يوجد طلب يطابق هذا المرجع وهذا الرمز."},
	},
	"too-many-attempts": {
		English: {"Too many attempts", "Wait a little before you try again."},
		French:  {"Trop de tentatives", "Patientez avant de réessayer."},
		Arabic:  {"محاولات كثيرة", "انتظر قليلا قبل المحاولة من جديد."},
	},
	"no-intake-key": {
		English: {"No key of the hub", "The node has no key of the national platform to seal to. Nothing was changed."},
		French:  {"Pas de clé nationale", "Le nœud n'a pas de clé de la plateforme nationale pour sceller. Rien n'a été modifié."},
		Arabic:  {"لا يوجد مفتاح وطني", "لا تتوفر هذه العقدة على مفتاح المنصة الوطنية للختم. لم يتغير أي شيء."},
	},
	"sign-in-refused": {
		English: {"Not signed in", "Staff id, password or code is not right. Check all three; a code works once."},
		French:  {"Accès refusé", "L'identifiant, le mot de passe ou le code est incorrect. Vérifiez les trois; un code ne sert qu'une fois."},
		Arabic:  {"تعذر تسجيل الدخول", "رقم الموظف أو كلمة السر أو الرمز غير صحيح. تحقق من الثلاثة؛ لا يستعمل الرمز إلا مرة واحدة."},
	},
	"session-locked": {
		English: {"Screen locked", "Nothing that was typed is lost. Unlock with the password or a code."},
		French:  {"Écran verrouillé", "Rien de ce qui a été saisi n'est perdu. Déverrouillez par le mot de passe ou un code."},
		Arabic:  {"الشاشة مقفلة", "لم يضع شيء مما كتب. افتح القفل بكلمة السر أو برمز."},
	},
	"staff-data-old": {
		English: {"Too long without the hub", "For 45 days the post has not heard who may sign in. Restore the link, then sign in."},
		French:  {"Trop longtemps sans liaison", "Depuis 45 jours, le poste ne sait plus qui peut se connecter. Rétablissez la liaison, puis connectez-vous."},
		Arabic:  {"انقطاع طويل عن المنصة", "منذ 45 يوما لم يتلق المركز لائحة من يحق لهم الدخول. أعد الربط ثم سجل الدخول."},
	},
	"cross-origin": {
		English: {"Sent by another site", "The request came from another site. Open the page here and try again."},
		French:  {"Envoyé par un autre site", "La demande vient d'un autre site. Ouvrez la page ici et réessayez."},
		Arabic:  {"مرسل من موقع آخر", "جاء الطلب من موقع آخر. افتح الصفحة هنا وحاول من جديد."},
	},
	"person-needed": {
		English: {"Only a person may do this", "This is done in a person's own name. Sign in; a program cannot do it."},
		French:  {"Seule une personne peut le faire", "Cet acte se fait au nom d'une personne. Connectez-vous; un logiciel ne peut pas le faire."},
		Arabic:  {"لا يقوم بهذا إلا شخص", "هذا الإجراء يتم باسم شخص. سجل الدخول؛ لا يمكن لبرنامج القيام به."},
	},
	"two-persons": {
		English: {"Two persons are needed", "Two different persons must do this together, one of them a supervisor."},
		French:  {"Deux personnes sont nécessaires", "Deux personnes différentes doivent le faire ensemble, dont un superviseur."},
		Arabic:  {"يلزم شخصان", "يجب أن يقوم بذلك شخصان مختلفان معا، أحدهما مشرف."},
	},
	"pouch-unknown": {
		English: {"No manifest of this pouch", "Keep the pouch closed in the safe. Its manifest comes with the link."},
		French:  {"Aucun manifeste pour cette valise", "Gardez la valise fermée au coffre. Son manifeste arrivera avec la liaison."},
		Arabic:  {"لا يوجد بيان لهذه الحقيبة", "احتفظ بالحقيبة مغلقة في الخزنة. سيصل بيانها مع عودة الاتصال."},
	},
	"pouch-other-post": {
		English: {"Pouch of another post", "The label names another post. Do not open it; tell the ministry's pouch desk."},
		French:  {"Valise d'un autre poste", "L'étiquette désigne un autre poste. Ne l'ouvrez pas; prévenez le service de la valise."},
		Arabic:  {"حقيبة مركز آخر", "الملصق يعين مركزا آخر. لا تفتحها وأخبر مصلحة الحقيبة بالوزارة."},
	},
	"manifest-incomplete": {
		English: {"Manifest not complete", "A part of the manifest has not come yet. Open the pouch when it is there."},
		French:  {"Manifeste incomplet", "Une partie du manifeste n'est pas encore arrivée. Ouvrez la valise quand elle sera là."},
		Arabic:  {"بيان غير مكتمل", "جزء من البيان لم يصل بعد. افتح الحقيبة عند وصوله."},
	},
	"pouch-not-open": {
		English: {"The pouch is not open", "Two persons open the pouch first."},
		French:  {"La valise n'est pas ouverte", "Deux personnes ouvrent d'abord la valise."},
		Arabic:  {"الحقيبة غير مفتوحة", "يفتح الحقيبة شخصان أولا."},
	},
	"pouch-not-arrived": {
		English: {"The pouch has not been received", "Record its arrival first."},
		French:  {"Valise non réceptionnée", "Enregistrez d'abord son arrivée."},
		Arabic:  {"لم تستلم الحقيبة بعد", "سجل وصولها أولا."},
	},
	"pouch-counted": {
		English: {"Already counted", "This pouch was counted. A card found later can still be scanned."},
		French:  {"Déjà comptée", "Cette valise a été comptée. Une carte retrouvée plus tard peut encore être lue."},
		Arabic:  {"تم العد من قبل", "تم عد محتوى هذه الحقيبة. يمكن مسح بطاقة عثر عليها لاحقا."},
	},
	"count-other": {
		English: {"Another number is missing", "Look at the list again: the number of missing cards is not the one you confirmed."},
		French:  {"Le nombre manquant est différent", "Revoyez la liste: le nombre de cartes manquantes n'est pas celui confirmé."},
		Arabic:  {"عدد البطاقات الناقصة مختلف", "راجع القائمة: عدد البطاقات الناقصة ليس هو العدد المؤكد."},
	},
	"card-unknown": {
		English: {"No such card here", "No card kept at this post matches."},
		French:  {"Aucune carte ici", "Aucune carte gardée à ce poste ne correspond."},
		Arabic:  {"لا توجد هذه البطاقة هنا", "لا توجد بطاقة مطابقة محفوظة في هذا المركز."},
	},
	"card-other": {
		English: {"Another card", "The card in your hand is not the one of this request. Put it back and take the right one."},
		French:  {"Autre carte", "La carte en main n'est pas celle de cette demande. Rangez-la et prenez la bonne."},
		Arabic:  {"بطاقة أخرى", "البطاقة التي بيدك ليست بطاقة هذا الطلب. أعدها وخذ البطاقة الصحيحة."},
	},
	"card-not-ready": {
		English: {"Not ready for this", "The card is at another stage. Look at where it stands."},
		French:  {"Pas prête pour cette étape", "La carte est à une autre étape. Regardez où elle en est."},
		Arabic:  {"غير جاهزة لهذا الإجراء", "البطاقة في مرحلة أخرى. انظر وضعيتها."},
	},
	"card-on-hold": {
		English: {"On hold", "Two identity checks failed. The hub inquires; do not hand the card over."},
		French:  {"En attente", "Deux contrôles d'identité ont échoué. Une enquête est en cours; ne remettez pas la carte."},
		Arabic:  {"موقوفة مؤقتا", "فشل التحقق من الهوية مرتين. البحث جار على المستوى المركزي؛ لا تسلم البطاقة."},
	},
	"card-stopped": {
		English: {"Stopped by the hub", "Do not hand the card over. Put it aside in the safe and wait for instructions."},
		French:  {"Bloquée au niveau national", "Ne remettez pas la carte. Mettez-la de côté au coffre et attendez les instructions."},
		Arabic:  {"أوقفت مركزيا", "لا تسلم البطاقة. ضعها جانبا في الخزنة وانتظر التعليمات."},
	},
	"card-given": {
		English: {"Already handed over", "This card has been handed over. Nothing was changed."},
		French:  {"Déjà remise", "Cette carte a été remise. Rien n'a été modifié."},
		Arabic:  {"سلمت من قبل", "سلمت هذه البطاقة. لم يتغير أي شيء."},
	},
	"print-unknown": {
		English: {"No document to print here", "No document of this request is waiting at this post. The person may have chosen another post, or it is not ready yet."},
		French:  {"Aucun document à imprimer ici", "Aucun document de cette demande n'attend à ce poste. La personne a peut-être choisi un autre poste, ou le document n'est pas encore prêt."},
		Arabic:  {"لا توجد وثيقة للطباعة هنا", "لا توجد في هذا المركز وثيقة تنتظر لهذا الطلب. ربما اختار الشخص مركزا آخر، أو أن الوثيقة ليست جاهزة بعد."},
	},
	"print-offline": {
		English: {"Printing needs the link", "The document is kept by the national platform and comes only at the moment of printing. Nothing was begun; try again when the post is connected."},
		French:  {"L'impression demande la liaison", "Le document est gardé par la plateforme nationale et n'arrive qu'au moment de l'impression. Rien n'a été commencé ; réessayez quand le poste sera relié."},
		Arabic:  {"الطباعة تحتاج إلى الاتصال", "الوثيقة محفوظة لدى المنصة الوطنية ولا تصل إلا لحظة الطباعة. لم يبدأ أي شيء؛ أعد المحاولة عند عودة الاتصال."},
	},
	"print-busy": {
		English: {"Not at this moment", "A print of this document is under way or was made. It is printed once. Look at its page for what can be done."},
		French:  {"Pas à ce moment", "Une impression de ce document est en cours ou a été faite. Il s'imprime une seule fois. Sa page dit ce qui peut être fait."},
		Arabic:  {"ليس الآن", "طباعة هذه الوثيقة جارية أو تمت. تطبع مرة واحدة فقط. صفحتها تبين ما يمكن فعله."},
	},
	"print-over": {
		English: {"No further sheet", "One sheet was already spoilt, and there is one reprint only. The person asks for the document again on the portal, or at this counter."},
		French:  {"Plus d'autre feuille", "Une feuille a déjà été annulée, et il n'y a qu'une réimpression. La personne redemande le document sur le portail, ou à ce guichet."},
		Arabic:  {"لا ورقة أخرى", "ألغيت ورقة من قبل، ولا يسمح إلا بإعادة طباعة واحدة. يعيد الشخص طلب الوثيقة على البوابة أو في هذا الشباك."},
	},
	"printer": {
		English: {"The printer does not print", "Nothing was sent to it. Look at the printer, then try again."},
		French:  {"L'imprimante n'imprime pas", "Rien ne lui a été envoyé. Vérifiez l'imprimante, puis réessayez."},
		Arabic:  {"الطابعة لا تطبع", "لم يرسل إليها أي شيء. تحقق من الطابعة ثم أعد المحاولة."},
	},
	"call-unasked": {
		English: {"No call is waited for", "This request does not wait for a telephone call from this post. Nothing was recorded."},
		French:  {"Aucun appel n'est attendu", "Cette demande n'attend pas d'appel téléphonique de ce poste. Rien n'a été enregistré."},
		Arabic:  {"لا ينتظر أي اتصال", "هذا الطلب لا ينتظر مكالمة هاتفية من هذا المركز. لم يسجل أي شيء."},
	},
}
