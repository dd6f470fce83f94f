"""Words of trackers in the languages that they are used in, besides English."""

# Why something was closed: because it was done.
DONE_RESOLUTIONS = {
    "fertig", "erledigt", "behoben", "gelöst", "abgeschlossen", "listo", "hecho", "resuelto", "resuelta", "corregido",
    "corregida", "finalizado", "finalizada", "completado", "completada", "terminé", "terminée", "terminé(e)", "fini",
    "résolu", "résolue", "corrigé", "corrigée", "gereed", "klaar", "opgelost", "voltooid", "concluído", "concluída",
    "resolvido", "resolvida", "corrigido", "corrigida", "feito", "itens concluídos", "fatto", "risolto", "risolta",
    "completato", "completata", "corretto",
}  # fmt: skip

# Priorities, by the English word for the same.
PRIORITIES = {
    name: english
    for english, names in {
        "highest": "höchste|am höchsten|más alta|la más alta|muy alta|la plus haute|le plus élevé|très haute|hoogste"
        "|mais alta|a mais alta|muito alta|più alta|la più alta|massima|altissima",
        "blocker": "bloqueante|bloquant|bloccante|blokkerend|bloqueadora|impeditiva",
        "critical": "kritisch|crítica|crítico|critique|kritiek|critica|critico",
        "urgent": "dringend|urgente|sofort|inmediata|inmediato|immédiat|immédiate|imediata|imediato|immediata"
        "|immediato|onmiddellijk",
        "high": "hoch|alta|alto|haute|élevé|élevée|hoog",
        "medium": "mittel|media|medio|moyenne|moyen|gemiddeld|média|médio|normaal",
        "low": "niedrig|gering|baja|bajo|basse|faible|laag|baixa|baixo|bassa|basso",
        "lowest": "niedrigste|am niedrigsten|más baja|la más baja|muy baja|la plus basse|le plus faible|laagste"
        "|mais baixa|a mais baixa|muito baixa|più bassa|la più bassa|minima|bassissima",
    }.items()
    for name in names.split("|")
}

# What statuses mean whose category an export does not say, by what trackers call those that they come with.
STATUSES = {
    category: frozenset(names.split("|"))
    for category, names in {
        "todo": "offen|neu|zu erledigen|erneut geöffnet|wieder geöffnet|ausgewählt für die entwicklung|abierto"
        "|abierta|nuevo|nueva|por hacer|tareas por hacer|pendiente|reabierto|reabierta"
        "|seleccionado para desarrollo|ouvert|ouverte|nouveau|nouvelle|à faire|rouvert|rouverte"
        "|sélectionné pour le développement|aperto|aperta|nuovo|nuova|da completare|da fare|riaperto"
        "|riaperta|nieuw|te doen|heropend|aberto|aberta|novo|nova|a fazer|pendente|tarefas pendentes"
        "|itens pendentes|reaberto|reaberta",
        "in_progress": "in arbeit|in bearbeitung|in entwicklung|im test|in prüfung|wird überprüft|blockiert|en curso"
        "|en progreso|en desarrollo|en revisión|en pruebas|bloqueado|bloqueada|en cours"
        "|en cours de développement|en cours de revue|en revue|revue en cours|en test|bloqué|bloquée"
        "|in corso|in lavorazione|in revisione|in sviluppo|bloccato|bloccata|in uitvoering|bezig"
        "|mee bezig|wordt uitgevoerd|in behandeling|ter beoordeling|geblokkeerd|em andamento|em progresso"
        "|em desenvolvimento|em revisão|em teste",
        "done": "geschlossen|hecha|cerrado|cerrada|fermé|fermée|chiuso|chiusa|gesloten|fechado|fechada",
        "cancelled": "abgebrochen|abgelehnt|verworfen|storniert|duplikat|cancelado|cancelada|rechazado|rechazada"
        "|descartado|descartada|annulé|annulée|rejeté|rejetée|abandonné|abandonnée|annullato|annullata"
        "|rifiutato|rifiutata|scartato|geannuleerd|afgewezen|rejeitado|rejeitada",
    }.items()
}
# What says why something was closed says that it is.
STATUSES["done"] |= DONE_RESOLUTIONS
