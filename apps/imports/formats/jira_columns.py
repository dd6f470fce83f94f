"""The columns of Jira's tables, in the languages that people export them in."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# What a column holds → what Jira calls it. The names of languages not listed here can still be told by the people who
# import, as those of any other table.
_NAMES = {
    "title": "summary|zusammenfassung|resumen|résumé|samenvatting|resumo|riepilogo|sommario",
    "key": "issue key|work item key|vorgangsschlüssel|schlüssel des vorgangs|clave de incidencia|clave de la incidencia"
    "|clave de actividad|clave del elemento de trabajo|clé de ticket|clé du ticket|clé de la demande|clé|issuesleutel"
    "|issue-key|sleutel|chave da item|chave do item|chave da incidência|chave do ticket|chiave segnalazione"
    "|chiave della segnalazione|chiave ticket|codice ticket|chiave del ticket",
    "id": "issue id|work item id|vorgangs-id|id de la incidencia|id de incidencia|id de ticket|id du ticket|issue-id"
    "|id da item|id do item|id da incidência|id segnalazione|id ticket|id del ticket",
    "type": "issue type|work type|work item type|vorgangstyp|tipo de incidencia|tipo de actividad|type de ticket"
    "|type de demande|issuetype|issue-type|type issue|tipo de item|tipo de incidência|tipo de ticket"
    "|tipo di segnalazione|tipo segnalazione|tipo di ticket|tipo ticket",
    "status": "status|estado|état|statut|stato",
    "category": "status category|statuskategorie|categoría de estado|catégorie d'état|catégorie de l'état"
    "|catégorie d'états|statuscategorie|categoria de status|categoria do status|categoria di stato|categoria stato",
    "project_key": "project key|projektschlüssel|clave del proyecto|clé de projet|clé du projet|projectsleutel"
    "|chave do projeto|chave de projeto|chiave progetto|chiave del progetto",
    "project_name": "project name|projektname|nombre del proyecto|nom du projet|projectnaam|nome do projeto"
    "|nome progetto|nome del progetto",
    "priority": "priority|priorität|prioridad|priorité|prioriteit|prioridade|priorità",
    "resolution": "resolution|lösung|resolución|résolution|oplossing|resolução|risoluzione",
    "assignee": "assignee|zugewiesene person|bearbeiter|persona asignada|responsable|personne assignée|attribution"
    "|toegewezen persoon|toegewezene|toegewezen aan|responsável|pessoa atribuída|assegnatario",
    "assignee_id": "assignee id|id der zugewiesenen person|id de la persona asignada|id de la personne assignée"
    "|id toegewezen persoon|id van toegewezen persoon|id do responsável|id da pessoa atribuída|id assegnatario"
    "|id dell'assegnatario",
    "reporter": "reporter|autor|berichterstatter|informador|rapporteur|auteur du rapport|melder|relator|segnalante"
    "|reporter (persona)",
    "reporter_id": "reporter id|id des autors|id del informador|id du rapporteur|id rapporteur|id van rapporteur"
    "|id melder|id do relator|id segnalante|id del segnalante",
    "creator": "creator|ersteller|creador|créateur|auteur|maker|criador|creatore|autore",
    "creator_id": "creator id|ersteller-id|id des erstellers|id del creador|id du créateur|id van maker|id maker"
    "|id do criador|id creatore|id del creatore",
    "created": "created|erstellt|creada|creado|création|créée|créé|aangemaakt|gemaakt|criado|criada|criado(a)|creato"
    "|creata|data creazione",
    "updated": "updated|aktualisiert|actualizada|actualizado|mise à jour|mis à jour|bijgewerkt|atualizado|atualizada"
    "|atualizado(a)|aggiornato|aggiornata|data aggiornamento",
    "resolved": "resolved|erledigt|gelöst|resuelta|resuelto|résolue|résolu|opgelost|resolvido|resolvida|resolvido(a)"
    "|risolto|risolta|data risoluzione",
    "due": "due date|due|fälligkeitsdatum|fällig|fecha de vencimiento|date d'échéance|échéance|einddatum|vervaldatum"
    "|deadline|data limite|data de vencimento|data de entrega|data di scadenza|scadenza",
    "fix_version": "fix version/s|fix versions|lösungsversion(en)|lösungsversionen|korrekturversionen"
    "|versiones corregidas|versión correctora|versión(es) correctora(s)|versión/es de corrección"
    "|versiones de corrección|version(s) corrigée(s)|versions corrigées|version/s corrigée/s|oplossingsversie(s)"
    "|oplossingsversies|reparatieversies|fixversies|versões corrigidas|versões de correção|versões fixas"
    "|versione/i di correzione|versioni corrette|versioni di correzione",
    "affects_version": "affects version/s|affects versions|betroffene version(en)|betrifft version(en)"
    "|betroffene versionen|versiones afectadas|afecta a las versiones|affecte la/les version(s)|versions affectées"
    "|version(s) affectée(s)|betreft versie(s)|beïnvloedt versies|versões afetadas|afeta as versões"
    "|versione/i interessate|versioni interessate|versioni coinvolte",
    "component": "component/s|components|komponente(n)|komponenten|componente(s)|componentes|componente/s|composant(s)"
    "|composants|component(en)|componenten|componente/i|componenti",
    "label": "labels|stichwörter|stichworte|etiquetas|étiquettes|etiquettes|categorias|rótulos|etichette",
    "description": "description|beschreibung|descripción|beschrijving|descrição|descrizione",
    "environment": "environment|umgebung|entorno|environnement|omgeving|ambiente",
    "watcher": "watchers|beobachter|interesados|observadores|observateurs|volgers|kijkers|osservatori",
    "watcher_id": "watchers id|id des beobachters|id der beobachter|id de los interesados|id des observateurs"
    "|id de l'observateur|id volgers|id dos observadores|id osservatori",
    "work_log": "log work|work log|worklog|arbeit protokollieren|registrar trabajo|registro de trabajo"
    "|journal de travail|journal du travail|consigner le travail|werk registreren|werklog|registrar o trabalho"
    "|log de trabalho|registro di lavoro|registra lavoro|log lavoro",
    "estimate": "original estimate|ursprüngliche schätzung|estimación original|estimation originale"
    "|estimation initiale|estimation d'origine|oorspronkelijke schatting|estimativa original|stima originale"
    "|stima originaria",
    "remaining": "remaining estimate|restschätzung|verbleibende schätzung|trabajo restante estimado"
    "|estimación restante|estimation restante|resterende schatting|estimativa de trabalho restante"
    "|estimativa restante|stima rimanente|stima residua",
    "spent": "time spent|benötigte zeit|aufgewendete zeit|protokollierte arbeit|tiempo trabajado|tiempo empleado"
    "|temps passé|temps consacré|bestede tijd|tempo gasto|tempo trascorso|tempo impiegato",
    "attachment": "attachment|attachments|anhang|anhänge|adjunto|adjuntos|archivo adjunto|datos adjuntos"
    "|pièce jointe|pièces jointes|bijlage|bijlagen|anexo|anexos|allegato|allegati",
    "comment": "comment|comments|kommentar|kommentare|comentario|comentarios|commentaire|commentaires|opmerking"
    "|opmerkingen|reactie|reacties|comentário|comentários|commento|commenti",
    "sprint": "sprint|sprints",
    "parent": "parent id|parent|übergeordnet|übergeordnete id|übergeordnete vorgangs-id|principal|id del padre"
    "|id del principal|parent (id)|id parent|id du parent|bovenliggend|bovenliggende|id van bovenliggend item|pai"
    "|id do pai|id principal|elemento padre|principale",
    "parent_key": "parent key|übergeordneter schlüssel|clave principal|clé parent|clé parente|clé du parent"
    "|bovenliggende sleutel|chave pai|chave do pai|chiave padre|chiave principale",
    "team": "team name",
    "security": "security level|sicherheitsstufe|nivel de seguridad|niveau de sécurité|beveiligingsniveau"
    "|nível de segurança|livello di sicurezza",
}
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names.split("|")}

# Fields that Jira ships as custom ones, by what they are called inside of “Custom field (…)”.
_CUSTOM_NAMES = {
    "points": "story points|story point estimate|story-points|story-point-schätzung|puntos de historia"
    "|estimación de puntos de historia|points de story|story point",
    "epic": "epic link|epic-verknüpfung|epos-verknüpfung|enlace de épica|enlace con la epic|lien d'épopée"
    "|lien vers l'épopée|lien epic|epic-koppeling|link do epic|link da epic|link epic|collegamento epic",
    "parent_link": "parent link|übergeordneter link|enlace principal|lien parent",
    "epic_name": "epic name|epic-name|nombre de épica|nombre de la epic|nom de l'épopée|nom d'epic|epic-naam"
    "|nome do epic|nome epic",
    "sprint": "sprint",
    "rank": "rank|rang|clasificación|ranking|classement|rangschikking|classificação|rango",
    "start": "start date|startdatum|fecha de inicio|date de début|begindatum|data de início|data de inicio"
    "|data di inizio|data inizio",
}
_CUSTOM_MEANINGS = {name: meaning for meaning, names in _CUSTOM_NAMES.items() for name in names.split("|")}
# What these say is Jira's own book-keeping, or a colour.
_MACHINERY = re.compile(
    r"\[chart\] .*|development|dev summary|rank \(obsolete\)|global rank|issue color|epic colou?r|epic status|approvals"
    r"|open forms|locked forms|submitted forms|total forms|satisfaction date|time to .*|attachment count"
    r"|last public comment date|last commented by a user\?"
    r"|formularios (?:abiertos|bloqueados|enviados)|total de formularios"
)
# Known columns that say nothing about the issue itself, or repeat what another one says.
_IGNORED = re.compile(
    r"project (?:type|lead|lead id|description|url)|last viewed|votes|work ratio|parent summary|team id"
    r"|status category changed|satisfaction rating|Σ .*|σ .*"
    r"|projekt(?:typ|leiter|beschreibung)|id des projektleiters|zuletzt angezeigt|stimmen"
    r"|verhältnis .*|tipo de proyecto|responsable del proyecto|id del responsable del proyecto"
    r"|descripción del proyecto|vista por última vez|votos|relación de trabajo|calificación de satisfacción"
    r"|categoría de estado cambiada|statuskategorie geändert"
)
_CUSTOM_FIELD = re.compile(r"([^()]{1,60}) \((.+)\)", re.DOTALL)
_CUSTOM_PREFIXES = {
    "custom field", "benutzerdefinierte felder", "benutzerdefiniertes feld", "campo personalizado",
    "champ personnalisé", "champs personnalisés", "aangepast veld", "aangepaste velden", "campo personalizzato",
    "campi personalizzati", "campos personalizados",
}  # fmt: skip
_LINK_PREFIX = re.compile(
    r"(?P<inward>inward|eingehend|entrante|entrada|interna|hacia dentro|entrant|binnenkomend|inkomend|ingresso)"
    r"|(?P<outward>outward|ausgehend|saliente|salida|externa|hacia fuera|sortant|uitgaand|saída|saida|uscita)"
)
# From here on it is the prefix that tells, not the language: nobody has so many columns of one kind by chance.
_MANY = 5


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: one of the names above, "custom", "inward", "outward" or ""; and what Jira calls it."""

    meaning: str
    name: str


def columns_of(names: Sequence[str]) -> list[Column]:
    """What the columns of a table hold, as far as it is Jira's."""
    found = [_CUSTOM_FIELD.fullmatch(name) for name in names]
    often = Counter(each[1].strip().casefold() for each in found if each is not None)
    custom = _CUSTOM_PREFIXES | {prefix for prefix, count in often.items() if count >= _MANY}
    return [_column(name, match, custom) for name, match in zip(names, found, strict=True)]


def _column(name: str, match: re.Match[str] | None, custom: set[str]) -> Column:
    plain = " ".join(name.split()).casefold().replace("\u2019", "'")
    if plain in _MEANINGS:
        return Column(_MEANINGS[plain], name)
    if match is not None:
        prefix, inner = match[1].strip().casefold(), match[2].strip()
        if (direction := _LINK_PREFIX.search(prefix)) is not None:
            return Column(direction.lastgroup or "", inner)
        if prefix in custom:
            return _custom(inner)
    if plain in _CUSTOM_MEANINGS:
        return Column(_CUSTOM_MEANINGS[plain], name)
    if not plain or _IGNORED.fullmatch(plain):
        return Column("", name)
    # Somebody's own column, or a standard one in another language: it is kept by its name.
    return Column("custom", name)


def _custom(inner: str) -> Column:
    plain = " ".join(inner.split()).casefold().replace("\u2019", "'")
    if plain in _CUSTOM_MEANINGS:
        return Column(_CUSTOM_MEANINGS[plain], inner)
    return Column("", inner) if is_machinery(inner) else Column("custom", inner)


def custom_meaning(name: str) -> str:
    """What a field of Jira's own is by its name, one of "points", "epic", "sprint", "rank", …; else ""."""
    return _CUSTOM_MEANINGS.get(" ".join(name.split()).casefold().replace("\u2019", "'"), "")


def is_machinery(name: str) -> bool:
    """Whether a field is Jira's own book-keeping, which says nothing to people."""
    return _MACHINERY.fullmatch(name.strip().casefold()) is not None
