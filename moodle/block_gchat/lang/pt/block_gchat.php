<?php
// This file is part of Moodle - https://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <https://www.gnu.org/licenses/>.

/**
 * European Portuguese. The strings of the browser's client are those of client/strings/pt.json.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['arrived'] = '{$a->name} diz: {$a->text}';
$string['arrived_many'] = '{$a->name} enviou {$a->count} mensagens novas';
$string['block_noscript'] = 'O Chat Global precisa de JavaScript. Ative-o neste navegador para ver quem está em linha.';
$string['block_notconnected'] = 'O Chat Global ainda não está ligado. Só quem pode configurar o site vê este aviso.';
$string['block_opensettings'] = 'Abrir as configurações';
$string['block_paused'] = 'O Chat Global está em pausa: o servidor de chat conhece este site por outro endereço. Só quem pode configurar o site vê este aviso.';
$string['block_waiting'] = 'As pessoas em linha aparecem aqui dentro de momentos.';
$string['cachedef_rights'] = 'Círculos e bloqueios das pessoas';
$string['cachedef_server'] = 'Se o servidor de chat responde';
$string['chars_left_one'] = 'Resta {$a} carácter';
$string['chars_left_other'] = 'Restam {$a} caracteres';
$string['chat_with'] = 'Conversa com {$a}';
$string['chataway'] = 'O chat não está disponível neste momento. O seu texto fica guardado; tente mais tarde.';
$string['chats'] = 'Conversas';
$string['checkbacklog'] = 'Chat Global: alterações de permissões';
$string['checkconnection'] = 'Chat Global: do Moodle ao servidor de chat';
$string['checkleftovers'] = 'Chat Global: ficheiros da primeira versão';
$string['checksocket'] = 'Chat Global: dos navegadores ao servidor de chat';
$string['close_chat'] = 'Fechar conversa com {$a}';
$string['close_list'] = 'Fechar a lista';
$string['connecting'] = 'A ligar…';
$string['connection_lost'] = 'Ligação perdida. A tentar de novo…';
$string['connectiontest'] = 'Teste da ligação';
$string['connectiontest_again'] = 'Testar de novo';
$string['connectiontest_intro'] = 'O que se encontrou agora mesmo no caminho do Moodle e dos navegadores até ao servidor de chat.';
$string['connectiontest_settings'] = 'Voltar às configurações';
$string['deleted_user'] = 'Utilizador apagado';
$string['dismiss'] = 'Dispensar';
$string['failure_bad_text'] = 'Contém um carácter que não pode ser enviado.';
$string['failure_chat_not_allowed'] = 'Já não tem permissão para usar o chat.';
$string['failure_conflict'] = 'Não corresponde ao que foi enviado antes. Remova-a e envie-a de novo.';
$string['failure_empty_message'] = 'Não contém nada.';
$string['failure_message_too_long'] = 'Tem mais de 4096 caracteres. Remova-a, encurte-a e envie-a de novo.';
$string['failure_not_allowed'] = 'Não pode escrever a esta pessoa.';
$string['failure_not_found'] = 'Esta conversa já não está disponível para si.';
$string['failure_other'] = 'Algo correu mal. Carregue a página de novo e tente outra vez.';
$string['failure_outbox_unreadable'] = 'As mensagens que não foram enviadas antes de a sua sessão terminar já não podem ser lidas. Por favor, escreva-as de novo.';
$string['failure_rate_limited'] = 'Foi demasiado rápido. Aguarde um momento.';
$string['failure_unavailable'] = 'De momento, o chat não consegue guardar nem ler mensagens. Tente de novo daqui a pouco.';
$string['failure_unknown_recipient'] = 'Esta pessoa ainda não usou o chat.';
$string['finding_backlog_fresh'] = 'Alterações a caminho do servidor de chat: {$a->rows}.';
$string['finding_backlog_late'] = 'Alterações à espera de ser enviadas ao servidor de chat: {$a->rows}. A mais antiga espera há {$a->minutes} minutos.';
$string['finding_backlog_late_mend'] = 'São enviadas de novo por si assim que o servidor responder. Veja se o cron corre a cada minuto, e o estado da ligação acima.';
$string['finding_backlog_none'] = 'Nada espera para ser enviado ao servidor de chat.';
$string['finding_backlog_stuck'] = 'Alterações à espera de ser enviadas ao servidor de chat: {$a->rows}. A mais antiga espera há {$a->minutes} minutos, pelo que quem saiu de uma disciplina pode ainda conversar nela até carregar uma página.';
$string['finding_backlog_stuck_mend'] = 'São enviadas de novo por si assim que o servidor responder. Veja se o cron corre a cada minuto, e o estado da ligação acima.';
$string['finding_clockahead'] = 'O relógio do servidor de chat está {$a->seconds} segundos adiantado em relação ao do Moodle.';
$string['finding_clockahead_mend'] = 'Acerte ambos pela hora da rede (por exemplo com systemd-timesyncd ou chrony). Mais de 30 segundos são recusados.';
$string['finding_clockapart'] = 'Os relógios do Moodle e do servidor de chat diferem mais de 30 segundos: {$a->message}';
$string['finding_clockapart_mend'] = 'Acerte ambos pela hora da rede (por exemplo com systemd-timesyncd ou chrony).';
$string['finding_clockbehind'] = 'O relógio do servidor de chat está {$a->seconds} segundos atrasado em relação ao do Moodle.';
$string['finding_clockbehind_mend'] = 'Acerte ambos pela hora da rede (por exemplo com systemd-timesyncd ou chrony). Mais de 30 segundos são recusados.';
$string['finding_connected'] = 'O servidor de chat em {$a->url} responde (versão {$a->version}). Pessoas deste site em linha: {$a->online}.';
$string['finding_curlsecurity'] = 'A segurança cURL do Moodle bloqueia {$a->host} para tudo o resto. O chat chama este único endereço mesmo assim, porque foi definido por um administrador: não há nada a fazer.';
$string['finding_gatekeeper'] = 'Algo à frente do servidor de chat em {$a->url} exige autenticação ou proíbe a chamada (HTTP {$a->status}).';
$string['finding_gatekeeper_mend'] = 'Isente o caminho do chat da autenticação ou do filtro do servidor web ou do proxy, ou defina um endereço interno que o contorne.';
$string['finding_gateway'] = 'O servidor web à frente do chat responde em {$a->url} que não o consegue alcançar (HTTP {$a->status}).';
$string['finding_gateway_mend'] = 'Inicie o servidor de chat (por exemplo: systemctl start gchat), e verifique para onde o servidor web encaminha este endereço.';
$string['finding_keyunreadable'] = 'A chave guardada não pode ser lida. Talvez a base de dados tenha sido reposta sem o ficheiro de chave da pasta secret dos dados do Moodle.';
$string['finding_keyunreadable_mend'] = 'Reponha esse ficheiro, ou crie um código de ligação novo no servidor de chat com: gchat site rotate {$a->wwwroot} – e cole-o nas configurações.';
$string['finding_leftovers_none'] = 'Não há nenhuns.';
$string['finding_leftovers_ws'] = 'A pasta {$a->folder} da primeira versão do plugin ainda existe: um servidor web pode executar o que lá está.';
$string['finding_leftovers_ws_mend'] = 'Apague essa pasta.';
$string['finding_name'] = 'O nome {$a->name} não é conhecido no servidor do Moodle.';
$string['finding_name_mend'] = 'Verifique se o endereço está bem escrito. Se os navegadores conhecem o nome e esta máquina não, acrescente-o ao DNS ou ao ficheiro hosts dela, ou defina o endereço interno.';
$string['finding_network'] = 'A chamada para {$a->host} falha: {$a->error}';
$string['finding_network_mend'] = 'Experimente no servidor do Moodle: curl {$a->url}health';
$string['finding_noauthorization'] = 'A assinatura não chega ao servidor de chat: algo no caminho retira o cabeçalho Authorization.';
$string['finding_noauthorization_mend'] = 'Faça com que o servidor web ou o proxy passe o cabeçalho Authorization, ou defina um endereço interno que o contorne.';
$string['finding_nohttp'] = 'Algo responde em {$a->host}, mas não como um servidor web: {$a->error}';
$string['finding_nohttp_mend'] = 'Verifique a porta, e se o endereço deve começar por https em vez de http, ou o contrário.';
$string['finding_notconnected'] = 'O Chat Global ainda não está ligado.';
$string['finding_notconnected_mend'] = 'No servidor de chat, execute: gchat site add {$a->wwwroot} – e cole a linha que escrever na configuração “Código de ligação”.';
$string['finding_oldplugin'] = 'O servidor de chat (versão {$a->version}) fala o protocolo {$a->theirs}, este plugin o {$a->ours}.';
$string['finding_oldplugin_mend'] = 'Atualize este plugin.';
$string['finding_oldserver'] = 'O servidor de chat (versão {$a->version}) fala o protocolo {$a->theirs}, este plugin o {$a->ours}.';
$string['finding_oldserver_mend'] = 'Atualize o servidor de chat.';
$string['finding_paused'] = 'O Chat Global está em pausa: {$a->reason}.';
$string['finding_paused_mend'] = 'Resolva o que é indicado e depois cole de novo o código de ligação: isso termina a pausa.';
$string['finding_proxybetween'] = 'As chamadas para {$a->host} passam pelo proxy do Moodle {$a->proxy}, que pode ser a causa.';
$string['finding_proxybetween_mend'] = 'Acrescente {$a->host} aos anfitriões que não passam pelo proxy (proxybypass, em Administração do site > Servidor > HTTP) e teste de novo.';
$string['finding_proxyname'] = 'O nome do proxy {$a->proxy} não é conhecido no servidor do Moodle.';
$string['finding_proxyname_mend'] = 'Corrija o proxy em Administração do site > Servidor > HTTP, ou acrescente {$a->name} aos anfitriões que não passam por ele (proxybypass).';
$string['finding_proxyrefuses'] = 'O proxy do Moodle {$a->proxy} não deixa passar a chamada para {$a->host}.';
$string['finding_proxyrefuses_mend'] = 'Acrescente {$a->name} aos anfitriões que não passam pelo proxy (proxybypass, em Administração do site > Servidor > HTTP), ou autorize-o no proxy.';
$string['finding_proxyused'] = 'As chamadas para {$a->host} passam pelo proxy do Moodle {$a->proxy}. Funciona; sem ele (proxybypass) seriam mais rápidas.';
$string['finding_redirected'] = '{$a->url} encaminha para outro endereço (HTTP {$a->status}).';
$string['finding_redirected_mend'] = 'Defina o endereço para onde encaminha: no código de ligação (public_url do servidor de chat), ou como endereço interno.';
$string['finding_refusal'] = 'O servidor de chat recusa a chamada: {$a->message} ({$a->code})';
$string['finding_refusal_mend'] = 'O servidor e o plugin podem ser de versões diferentes: atualize ambos.';
$string['finding_refused'] = 'Nada responde em {$a->host}.';
$string['finding_refused_mend'] = 'Inicie aí o servidor de chat (por exemplo: systemctl start gchat), ou corrija o endereço. Se ele está a correr, veja se escuta nesta porta e se há uma firewall no caminho.';
$string['finding_socket_crowded'] = 'Neste momento há demasiados sockets por autenticar vindos do endereço desta máquina.';
$string['finding_socket_crowded_mend'] = 'Teste de novo daqui a pouco. Se o servidor de chat está atrás de um proxy, indique-o em trusted_proxies.';
$string['finding_socket_forbidden'] = 'Algo à frente do servidor de chat proíbe sockets em {$a->url} (HTTP {$a->status}).';
$string['finding_socket_forbidden_mend'] = 'Autorize o upgrade de WebSocket para este caminho no servidor web, na firewall ou no filtro.';
$string['finding_socket_gateway'] = 'O servidor web em {$a->url} não consegue alcançar o servidor de chat (HTTP {$a->status}).';
$string['finding_socket_gateway_mend'] = 'Inicie o servidor de chat, e verifique para onde o servidor web encaminha este endereço.';
$string['finding_socket_later'] = 'Não testado: primeiro é preciso a ligação ao servidor de chat.';
$string['finding_socket_mixed'] = 'Este site é cifrado ({$a->wwwroot}), mas o endereço do servidor de chat para os navegadores não é ({$a->url}): os navegadores recusam isso.';
$string['finding_socket_mixed_mend'] = 'Ponha o servidor de chat atrás de um servidor web com certificado, de preferência no próprio endereço deste site, defina public_url com o endereço https, e cole um código de ligação novo (gchat site rotate {$a->wwwroot}).';
$string['finding_socket_notpassed'] = 'O servidor web em {$a->url} não encaminha sockets para o servidor de chat (HTTP {$a->status} em vez de 101).';
$string['finding_socket_notpassed_mend'] = 'Faça com que passe os cabeçalhos Upgrade e Connection, com HTTP/1.1; o guia do administrador tem um exemplo para nginx, Apache e Caddy.';
$string['finding_socket_open'] = 'Os navegadores podem abrir um socket em {$a->url}.';
$string['finding_socket_origin'] = 'O servidor de chat recusa as páginas de {$a->origin}.';
$string['finding_socket_origin_mend'] = 'Faça com que o servidor web à frente passe o cabeçalho Origin sem alterações. Se as pessoas veem este site noutros endereços, indique-os com --origin quando adicionar o site.';
$string['finding_socket_stopping'] = 'O servidor de chat está a parar ou a reiniciar.';
$string['finding_socket_stopping_mend'] = 'Teste de novo daqui a pouco.';
$string['finding_socket_tls'] = 'Daqui não se confia no certificado em {$a->url}: {$a->error}';
$string['finding_socket_tls_mend'] = 'Renove o certificado ou complete a sua cadeia. Se foi emitido por uma autoridade própria, os navegadores têm de a conhecer.';
$string['finding_socket_unreachable'] = 'O próprio servidor do Moodle não alcança {$a->url}, pelo que não sabe se os navegadores alcançam: {$a->error}';
$string['finding_socket_unreachable_mend'] = 'Abra {$a->url}health num navegador: deve aparecer “ok”.';
$string['finding_store'] = 'O servidor de chat está a correr, mas não consegue ler nem escrever na sua base de dados.';
$string['finding_store_mend'] = 'Veja o seu registo (por exemplo: journalctl -u gchat): o disco pode estar cheio.';
$string['finding_stranger'] = '{$a->url} responde, mas não como um servidor de chat (HTTP {$a->status}): foi o servidor web ou um proxy intermédio que respondeu.';
$string['finding_stranger_mend'] = 'Faça com que o servidor web encaminhe este caminho para o servidor de chat; o guia do administrador tem um exemplo para nginx, Apache e Caddy.';
$string['finding_timeout'] = 'Não houve resposta de {$a->host} a tempo.';
$string['finding_timeout_mend'] = 'Uma firewall pode estar a engolir a chamada, ou a máquina pode estar sobrecarregada. Experimente no servidor do Moodle: curl {$a->url}health';
$string['finding_tls'] = 'A ligação cifrada a {$a->host} falha: {$a->error}';
$string['finding_tls_mend'] = 'Renove o certificado ou complete a sua cadeia, ou dê a conhecer a autoridade que o emitiu ao servidor do Moodle. Numa só máquina, o endereço interno pode ser sem cifra, como http://127.0.0.1:8787/.';
$string['finding_untested'] = 'Não se perguntou nada ao servidor de chat.';
$string['finding_untested_mend'] = 'Teste de novo.';
$string['finding_wrongkey'] = 'O servidor de chat não aceita a chave deste site.';
$string['finding_wrongkey_mend'] = 'A chave foi substituída, ou o código é de outro servidor. No servidor de chat, execute: gchat site rotate {$a->wwwroot} – ou, se ele não conhecer o site: gchat site add {$a->wwwroot} – e cole o código novo nas configurações.';
$string['finding_wrongwwwroot'] = 'O Chat Global está em pausa: o servidor de chat conhece este site por um endereço diferente de {$a->wwwroot}, pelo que este Moodle parece uma cópia do verdadeiro.';
$string['finding_wrongwwwroot_mend'] = 'Se for uma cópia, por exemplo para testes, dê-lhe um site próprio: execute gchat site add {$a->wwwroot} no servidor de chat e cole o código nas configurações. Se o site verdadeiro mudou de endereço, faça o mesmo: as pessoas começam aí de novo.';
$string['gchat:addinstance'] = 'Adicionar um bloco Chat Global';
$string['gchat:chat'] = 'Conversar com as pessoas de uma disciplina';
$string['gchat:myaddinstance'] = 'Adicionar um bloco Chat Global ao Painel do utilizador';
$string['gchat:teach'] = 'Aparecer como docente no chat de uma disciplina';
$string['globalchat'] = 'Chat Global';
$string['jump_latest'] = 'Ir para a mensagem mais recente';
$string['load_page_again'] = 'Carregar a página de novo';
$string['loading'] = 'A carregar mensagens…';
$string['message_deleted'] = 'Mensagem apagada';
$string['message_meta'] = '{$a->name}, {$a->time}:';
$string['message_to'] = 'Mensagem para {$a}';
$string['messages_late'] = 'As mensagens não chegaram.';
$string['messages_with'] = 'Mensagens com {$a}';
$string['minimise_chat'] = 'Minimizar conversa com {$a}';
$string['more_chats_one'] = 'Mais {$a} conversa';
$string['more_chats_other'] = 'Mais {$a} conversas';
$string['more_short'] = 'Mais {$a}';
$string['new'] = 'Novas';
$string['new_messages'] = 'Mensagens novas';
$string['no_connection'] = 'Sem ligação';
$string['nobody_online'] = 'Ninguém das suas disciplinas está em linha.';
$string['nobody_online_hint'] = 'As pessoas aparecem aqui assim que abrem uma página deste site.';
$string['nochat'] = 'Não pode usar o chat.';
$string['not_connected'] = 'Sem ligação. As suas mensagens serão enviadas quando a ligação voltar.';
$string['not_sent'] = 'Não enviada.';
$string['offline'] = 'Fora de linha';
$string['older_messages'] = 'Mostrar mensagens anteriores';
$string['online'] = 'Em linha';
$string['online_count'] = '{$a} em linha';
$string['people_online'] = 'Pessoas em linha';
$string['person_online'] = '{$a}, em linha';
$string['pluginname'] = 'Chat Global';
$string['privacy:export:incomplete'] = 'O servidor de chat não deu tudo, por isso faltam mensagens nesta exportação: {$a}';
$string['privacy:export:notconnected'] = 'O Chat Global não está ligado a um servidor de chat, por isso esta exportação não tem mensagens.';
$string['privacy:export:nothing'] = 'O servidor de chat não guarda nada desta pessoa.';
$string['privacy:metadata:block_gchat_outbox'] = 'O que ainda há a dizer ao servidor de chat; é removido logo que o servidor o saiba';
$string['privacy:metadata:block_gchat_outbox:courseid'] = 'A disciplina em que aconteceu';
$string['privacy:metadata:block_gchat_outbox:kind'] = 'Que tipo de mudança foi';
$string['privacy:metadata:block_gchat_outbox:sid'] = 'Um nome para a sessão que terminou';
$string['privacy:metadata:block_gchat_outbox:target'] = 'O número do utilizador, disciplina ou categoria a que diz respeito';
$string['privacy:metadata:block_gchat_outbox:timecreated'] = 'Quando aconteceu';
$string['privacy:metadata:block_gchat_user'] = 'Quem já usou o chat, para que o servidor de chat saiba das mudanças';
$string['privacy:metadata:block_gchat_user:digest'] = 'Uma soma de verificação do que foi dito pela última vez ao servidor de chat sobre o utilizador';
$string['privacy:metadata:block_gchat_user:stale'] = 'Qual foi a última alteração de permissões que disse respeito ao utilizador';
$string['privacy:metadata:block_gchat_user:timecreated'] = 'Quando o utilizador usou o chat pela primeira vez';
$string['privacy:metadata:block_gchat_user:userid'] = 'O número do utilizador';
$string['privacy:metadata:server'] = 'O servidor de chat, operado pela escola ou por quem a serve. Recebe o necessário para mostrar às pessoas quem mais das suas disciplinas está em linha e guarda o que escrevem umas às outras.';
$string['privacy:metadata:server:blocked'] = 'Quem bloqueou';
$string['privacy:metadata:server:circles'] = 'As suas disciplinas e grupos, e se é docente neles';
$string['privacy:metadata:server:hidden'] = 'Se esconde que está em linha';
$string['privacy:metadata:server:lang'] = 'O seu idioma';
$string['privacy:metadata:server:login'] = 'Um nome para a sua sessão atual, a partir do qual a própria sessão não pode ser conhecida';
$string['privacy:metadata:server:messages'] = 'O que escreve nos chats, a quem e quando';
$string['privacy:metadata:server:name'] = 'O seu nome completo, que é visto por quem pode conversar consigo';
$string['privacy:metadata:server:picture'] = 'O endereço da sua imagem';
$string['privacy:metadata:server:presence'] = 'Se está em linha agora; não é guardado';
$string['privacy:metadata:server:profile_url'] = 'O endereço do seu perfil';
$string['privacy:metadata:server:read'] = 'Até que mensagem viu um chat';
$string['privacy:metadata:server:userid'] = 'O número do seu utilizador neste site';
$string['privacy:metadata:server:windows'] = 'Que janelas de chat tem abertas';
$string['remove'] = 'Remover';
$string['restore_chat'] = 'Restaurar conversa com {$a}';
$string['say_hello'] = 'Diga olá a {$a}';
$string['say_hello_hint'] = 'Este é o início da vossa conversa.';
$string['search_more'] = 'Mostrar mais pessoas';
$string['search_none'] = 'Ninguém em linha corresponde a “{$a}”.';
$string['search_people'] = 'Pesquisar pessoas';
$string['seen'] = 'Vista';
$string['send'] = 'Enviar';
$string['sending'] = 'A enviar…';
$string['sent'] = 'Enviada';
$string['setting_code'] = 'Código de ligação';
$string['setting_code_connected'] = 'Ligado a {$a->url} como site {$a->site}, chave {$a->kid}. Cole um código novo para mudar a ligação.';
$string['setting_code_desc'] = 'Cole o que <code>gchat site add</code> escreveu no servidor de chat. O código contém uma chave: quem a tiver pode assinar em nome deste site. É guardada cifrada e nunca mais é mostrada.';
$string['setting_code_notconnected'] = 'Ainda não está ligado.';
$string['setting_container'] = 'Contentor das janelas de conversa';
$string['setting_container_body'] = 'O corpo da página (body)';
$string['setting_container_desc'] = 'O elemento da página onde as janelas de conversa são colocadas. O corpo serve a quase todos os temas; escolha o elemento da página se um tema seu as tapar.';
$string['setting_container_page'] = 'O elemento da página do tema (#page)';
$string['setting_everypage'] = 'Em todas as páginas';
$string['setting_everypage_desc'] = 'As pessoas podem conversar em todas as páginas, mesmo onde o bloco não está colocado. Caso contrário, só nas páginas que têm o bloco.';
$string['setting_innerurl'] = 'Endereço interno';
$string['setting_innerurl_desc'] = 'Onde o próprio Moodle encontra o servidor de chat, se for diferente do endereço do código de ligação, por exemplo <code>http://127.0.0.1:8787/</code>. Normalmente vazio.';
$string['stopped_logged_out'] = 'A sua sessão terminou. Inicie sessão de novo para continuar a conversar.';
$string['stopped_not_allowed'] = 'Não tem permissão para usar o chat neste site. Se acha que devia ter, fale com um administrador.';
$string['stopped_other_user'] = 'Outra pessoa iniciou sessão neste navegador. Carregue a página de novo.';
$string['stopped_outdated'] = 'Esta página está desatualizada. Carregue-a de novo para continuar a conversar.';
$string['stopped_refused'] = 'O chat não aceita esta página. Por favor, avise um administrador.';
$string['stopped_replaced'] = 'O chat continua noutro separador. Carregue a página de novo para o usar aqui.';
$string['stopped_site_first'] = 'O site precisa primeiro de algo de si, como uma nova palavra-passe. Carregue a página de novo.';
$string['stopped_too_many'] = 'O chat está aberto em demasiados sítios. Feche alguns e carregue a página de novo.';
$string['tasksend'] = 'Dizer ao servidor de chat o que mudou';
$string['teacher'] = 'Docente';
$string['today'] = 'Hoje';
$string['too_long_one'] = '{$a} carácter a mais. Encurte a mensagem para a enviar.';
$string['too_long_other'] = '{$a} caracteres a mais. Encurte a mensagem para a enviar.';
$string['try_again'] = 'Tentar de novo';
$string['try_again_now'] = 'Tentar agora';
$string['typing'] = '{$a} está a escrever…';
$string['unread_one'] = '{$a} mensagem não lida';
$string['unread_other'] = '{$a} mensagens não lidas';
$string['write_message'] = 'Escreva uma mensagem';
$string['yesterday'] = 'Ontem';
$string['you'] = 'Eu';
