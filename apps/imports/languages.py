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
