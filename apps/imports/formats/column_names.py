"""What columns are called in the languages of other trackers' users: lower case, letters and digits alone."""

# The more telling first: of two columns that may hold the same, the one further ahead does.
NAMES = {
    "title": (
        "title summary subject name issue task story headline issuetitle issuesummary taskname shortdesc "
        "titel thema betreff zusammenfassung aufgabe vorgang bezeichnung titre sujet résumé resumé nom tâche "
        "titulo título asunto resumen nombre tarea assunto resumo nome titolo oggetto riepilogo onderwerp "
        "samenvatting naam тема название заголовок 标题 主题 名称 件名 タイトル 題名 제목"
    ),
    "text": (
        "description desc body details text content notes note issuedescription beschreibung notizen "
        "inhalt descripción descripcion descrição descricao descrizione omschrijving beschrijving "
        "описание 描述 説明 설명"
    ),
    "key": (
        "key issuekey ticket ticketid ticketnumber number no nr iid schlüssel vorgangsschlüssel "
        "ticketnummer nummer clave clé chave chiave sleutel ключ номер 编号 番号"
    ),
    "external_id": "id row issueid taskid bugid uuid externalid kennung",
    "type_name": (
        "type issuetype tracker kind category worktype tasktype typ vorgangstyp art typededemande tipo "
        "tipodeincidencia tipodeticket typedeticket tipodesegnalazione soort тип трекер 类型 トラッカー "
        "유형"
    ),
    "status_name": (
        "status state column list stage bugstatus zustand estado statut état etat stato toestand статус "
        "состояние 状态 ステータス 상태"
    ),
    "resolution": (
        "resolution lösung losung résolution resolución resolucion resolução risoluzione oplossing решение 解决结果"
    ),
    "priority_name": (
        "priority prio importance priorität prioritat priorité prioridad prioridade priorità prioriteit "
        "приоритет 优先级 優先度 우선순위"
    ),
    "assignee": (
        "assignee assignedto assigned assignees owner responsible assigneeemail zugewiesen zugewiesenan "
        "bearbeiter zuständig verantwortlich assignéà assigneà responsable attribuéà asignado asignadoa "
        "persona asignada responsável atribuídoa assegnatario assegnatoa toegewezenaan исполнитель "
        "назначена 指派给 負責人 担当者 담당자"
    ),
    "reporter": (
        "reporter author creator createdby reportedby openedby autor melder ersteller rapporteur auteur "
        "informador creador relator criador autore segnalatore melderdoor автор 报告人 作者 作成者"
    ),
    "watchers": (
        "watchers watcher cc followers subscribers beobachter observateurs observadores osservatori volgers наблюдатели"
    ),
    "labels": (
        "labels label tags tag keywords stichwörter stichworte schlagworte schlagwörter étiquettes "
        "etiquetas etichette метки теги 标签 ラベル タグ"
    ),
    "components": (
        "component components komponente komponenten composant composants componente componentes "
        "componenti onderdeel компонент компоненты 模块"
    ),
    "fix_versions": (
        "fixversion fixversions targetversion milestone release version zielversion lösungsversion "
        "versioncible jalon hito marco versão versión versione mijlpaal версия 里程碑 対象バージョン"
    ),
    "sprints": "sprint sprints iteration cycle cycles iterationpath itération iteración iteração спринт 迭代",
    "points": (
        "points storypoints storypoint estimate sp effort size punkte storypunkte schätzung puntos pontos "
        "punti estimación estimativa estimation punten schatting оценка 故事点"
    ),
    "estimate_minutes": (
        "estimatedhours originalestimate estimatedtime timeestimate hours geschätzteraufwand "
        "geschätztezeit tempsestimé tiempoestimado tempoestimado tempostimato geschattetijd оценкавремени "
        "予定工数 预期时间"
    ),
    "remaining_minutes": "remainingestimate remaininghours timeremaining remaining restaufwand",
    "start_date": (
        "startdate start starts startedat begin beginn startdatum anfang début datededébut fechadeinicio "
        "inicio datadeinício datainizio begindatum начало датаначала 开始日期 開始日"
    ),
    "due_date": (
        "duedate due deadline dueon enddate targetdate finish end fällig fälligam fälligkeitsdatum "
        "abgabedatum échéance datedéchéance fechadevencimiento vencimiento fechalímite datadevencimento "
        "prazo scadenza datascadenza einddatum vervaldatum срок датавыполнения 截止日期 計画完了日 期日"
    ),
    "created_at": (
        "created createdat creationdate datecreated createddate createdon opened openedat erstellt "
        "erstelltam angelegt angelegtam créé crééle datedecréation creado fechadecreación creada criado "
        "criadoem creato aangemaakt создано 创建时间 作成日"
    ),
    "updated_at": (
        "updated updatedat modified lastmodified updatedon modifiedat changed lastchanged aktualisiert "
        "aktualisiertam geändert zuletztgeändert misàjour actualizado fechadeactualización atualizado "
        "aggiornato bijgewerkt обновлено 更新时间 更新日"
    ),
    "resolved_at": (
        "resolved resolvedat closed closedat completed completedat resolutiondate done doneat closedon "
        "finishedat erledigt erledigtam geschlossen resuelto cerrado résolu fermé resolvido fechado "
        "risolto chiuso opgelost gesloten закрыто 解决时间 終了日"
    ),
    "parent": (
        "parent parentid parentkey parenttask parentissue epic epiclink epickey übergeordnet "
        "übergeordneteaufgabe elternaufgabe tâcheparente tareapadre tarefapai attivitàpadre bovenliggend "
        "родительскаязадача 父任务 親チケット"
    ),
    "comments": (
        "comment comments kommentar kommentare commentaire commentaires comentario comentarios comentário "
        "comentários commento commenti opmerking opmerkingen комментарий комментарии 评论 コメント"
    ),
    "project_key": ("project projectkey projectname projekt projet proyecto projeto progetto проект 项目 プロジェクト"),
}
