var Ce=globalThis,Ee=Ce.ShadowRoot&&(Ce.ShadyCSS===void 0||Ce.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,bt=Symbol(),rn=new WeakMap,ue=class{constructor(e,t,s){if(this._$cssResult$=!0,s!==bt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(Ee&&e===void 0){let s=t!==void 0&&t.length===1;s&&(e=rn.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),s&&rn.set(t,e))}return e}toString(){return this.cssText}},Ae=n=>new ue(typeof n=="string"?n:n+"",void 0,bt),x=(n,...e)=>{let t=n.length===1?n[0]:e.reduce((s,o,i)=>s+(r=>{if(r._$cssResult$===!0)return r.cssText;if(typeof r=="number")return r;throw Error("Value passed to 'css' function must be a 'css' function result: "+r+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(o)+n[i+1],n[0]);return new ue(t,n,bt)},an=(n,e)=>{if(Ee)n.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(let t of e){let s=document.createElement("style"),o=Ce.litNonce;o!==void 0&&s.setAttribute("nonce",o),s.textContent=t.cssText,n.appendChild(s)}},wt=Ee?n=>n:n=>n instanceof CSSStyleSheet?(e=>{let t="";for(let s of e.cssRules)t+=s.cssText;return Ae(t)})(n):n;var{is:_o,defineProperty:So,getOwnPropertyDescriptor:$o,getOwnPropertyNames:Co,getOwnPropertySymbols:Eo,getPrototypeOf:Ao}=Object,Te=globalThis,ln=Te.trustedTypes,To=ln?ln.emptyScript:"",Ro=Te.reactiveElementPolyfillSupport,he=(n,e)=>n,kt={toAttribute(n,e){switch(e){case Boolean:n=n?To:null;break;case Object:case Array:n=n==null?n:JSON.stringify(n)}return n},fromAttribute(n,e){let t=n;switch(e){case Boolean:t=n!==null;break;case Number:t=n===null?null:Number(n);break;case Object:case Array:try{t=JSON.parse(n)}catch{t=null}}return t}},dn=(n,e)=>!_o(n,e),cn={attribute:!0,type:String,converter:kt,reflect:!1,useDefault:!1,hasChanged:dn};Symbol.metadata??=Symbol("metadata"),Te.litPropertyMetadata??=new WeakMap;var N=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=cn){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let s=Symbol(),o=this.getPropertyDescriptor(e,s,t);o!==void 0&&So(this.prototype,e,o)}}static getPropertyDescriptor(e,t,s){let{get:o,set:i}=$o(this.prototype,e)??{get(){return this[t]},set(r){this[t]=r}};return{get:o,set(r){let l=o?.call(this);i?.call(this,r),this.requestUpdate(e,l,s)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??cn}static _$Ei(){if(this.hasOwnProperty(he("elementProperties")))return;let e=Ao(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(he("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(he("properties"))){let t=this.properties,s=[...Co(t),...Eo(t)];for(let o of s)this.createProperty(o,t[o])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[s,o]of t)this.elementProperties.set(s,o)}this._$Eh=new Map;for(let[t,s]of this.elementProperties){let o=this._$Eu(t,s);o!==void 0&&this._$Eh.set(o,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let s=new Set(e.flat(1/0).reverse());for(let o of s)t.unshift(wt(o))}else e!==void 0&&t.push(wt(e));return t}static _$Eu(e,t){let s=t.attribute;return s===!1?void 0:typeof s=="string"?s:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let s of t.keys())this.hasOwnProperty(s)&&(e.set(s,this[s]),delete this[s]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return an(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,s){this._$AK(e,s)}_$ET(e,t){let s=this.constructor.elementProperties.get(e),o=this.constructor._$Eu(e,s);if(o!==void 0&&s.reflect===!0){let i=(s.converter?.toAttribute!==void 0?s.converter:kt).toAttribute(t,s.type);this._$Em=e,i==null?this.removeAttribute(o):this.setAttribute(o,i),this._$Em=null}}_$AK(e,t){let s=this.constructor,o=s._$Eh.get(e);if(o!==void 0&&this._$Em!==o){let i=s.getPropertyOptions(o),r=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:kt;this._$Em=o;let l=r.fromAttribute(t,i.type);this[o]=l??this._$Ej?.get(o)??l,this._$Em=null}}requestUpdate(e,t,s,o=!1,i){if(e!==void 0){let r=this.constructor;if(o===!1&&(i=this[e]),s??=r.getPropertyOptions(e),!((s.hasChanged??dn)(i,t)||s.useDefault&&s.reflect&&i===this._$Ej?.get(e)&&!this.hasAttribute(r._$Eu(e,s))))return;this.C(e,t,s)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:s,reflect:o,wrapped:i},r){s&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,r??t??this[e]),i!==!0||r!==void 0)||(this._$AL.has(e)||(this.hasUpdated||s||(t=void 0),this._$AL.set(e,t)),o===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[o,i]of this._$Ep)this[o]=i;this._$Ep=void 0}let s=this.constructor.elementProperties;if(s.size>0)for(let[o,i]of s){let{wrapped:r}=i,l=this[o];r!==!0||this._$AL.has(o)||l===void 0||this.C(o,void 0,i,l)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(s=>s.hostUpdate?.()),this.update(t)):this._$EM()}catch(s){throw e=!1,this._$EM(),s}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};N.elementStyles=[],N.shadowRootOptions={mode:"open"},N[he("elementProperties")]=new Map,N[he("finalized")]=new Map,Ro?.({ReactiveElement:N}),(Te.reactiveElementVersions??=[]).push("2.1.2");var _t=globalThis,un=n=>n,Re=_t.trustedTypes,hn=Re?Re.createPolicy("lit-html",{createHTML:n=>n}):void 0,St="$lit$",V=`lit$${Math.random().toFixed(9).slice(2)}$`,$t="?"+V,Mo=`<${$t}>`,Y=document,fe=()=>Y.createComment(""),me=n=>n===null||typeof n!="object"&&typeof n!="function",Ct=Array.isArray,yn=n=>Ct(n)||typeof n?.[Symbol.iterator]=="function",xt=`[ 	
\f\r]`,pe=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,pn=/-->/g,fn=/>/g,K=RegExp(`>|${xt}(?:([^\\s"'>=/]+)(${xt}*=${xt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),mn=/'/g,gn=/"/g,bn=/^(?:script|style|textarea|title)$/i,Et=n=>(e,...t)=>({_$litType$:n,strings:e,values:t}),d=Et(1),T=Et(2),Er=Et(3),$=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),vn=new WeakMap,G=Y.createTreeWalker(Y,129);function wn(n,e){if(!Ct(n)||!n.hasOwnProperty("raw"))throw Error("invalid template strings array");return hn!==void 0?hn.createHTML(e):e}var kn=(n,e)=>{let t=n.length-1,s=[],o,i=e===2?"<svg>":e===3?"<math>":"",r=pe;for(let l=0;l<t;l++){let a=n[l],c,f,u=-1,m=0;for(;m<a.length&&(r.lastIndex=m,f=r.exec(a),f!==null);)m=r.lastIndex,r===pe?f[1]==="!--"?r=pn:f[1]!==void 0?r=fn:f[2]!==void 0?(bn.test(f[2])&&(o=RegExp("</"+f[2],"g")),r=K):f[3]!==void 0&&(r=K):r===K?f[0]===">"?(r=o??pe,u=-1):f[1]===void 0?u=-2:(u=r.lastIndex-f[2].length,c=f[1],r=f[3]===void 0?K:f[3]==='"'?gn:mn):r===gn||r===mn?r=K:r===pn||r===fn?r=pe:(r=K,o=void 0);let p=r===K&&n[l+1].startsWith("/>")?" ":"";i+=r===pe?a+Mo:u>=0?(s.push(c),a.slice(0,u)+St+a.slice(u)+V+p):a+V+(u===-2?l:p)}return[wn(n,i+(n[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),s]},ge=class n{constructor({strings:e,_$litType$:t},s){let o;this.parts=[];let i=0,r=0,l=e.length-1,a=this.parts,[c,f]=kn(e,t);if(this.el=n.createElement(c,s),G.currentNode=this.el.content,t===2||t===3){let u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(o=G.nextNode())!==null&&a.length<l;){if(o.nodeType===1){if(o.hasAttributes())for(let u of o.getAttributeNames())if(u.endsWith(St)){let m=f[r++],p=o.getAttribute(u).split(V),w=/([.?@])?(.*)/.exec(m);a.push({type:1,index:i,name:w[2],strings:p,ctor:w[1]==="."?Pe:w[1]==="?"?Ie:w[1]==="@"?Oe:Q}),o.removeAttribute(u)}else u.startsWith(V)&&(a.push({type:6,index:i}),o.removeAttribute(u));if(bn.test(o.tagName)){let u=o.textContent.split(V),m=u.length-1;if(m>0){o.textContent=Re?Re.emptyScript:"";for(let p=0;p<m;p++)o.append(u[p],fe()),G.nextNode(),a.push({type:2,index:++i});o.append(u[m],fe())}}}else if(o.nodeType===8)if(o.data===$t)a.push({type:2,index:i});else{let u=-1;for(;(u=o.data.indexOf(V,u+1))!==-1;)a.push({type:7,index:i}),u+=V.length-1}i++}}static createElement(e,t){let s=Y.createElement("template");return s.innerHTML=e,s}};function J(n,e,t=n,s){if(e===$)return e;let o=s!==void 0?t._$Co?.[s]:t._$Cl,i=me(e)?void 0:e._$litDirective$;return o?.constructor!==i&&(o?._$AO?.(!1),i===void 0?o=void 0:(o=new i(n),o._$AT(n,t,s)),s!==void 0?(t._$Co??=[])[s]=o:t._$Cl=o),o!==void 0&&(e=J(n,o._$AS(n,e.values),o,s)),e}var Me=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:s}=this._$AD,o=(e?.creationScope??Y).importNode(t,!0);G.currentNode=o;let i=G.nextNode(),r=0,l=0,a=s[0];for(;a!==void 0;){if(r===a.index){let c;a.type===2?c=new ee(i,i.nextSibling,this,e):a.type===1?c=new a.ctor(i,a.name,a.strings,this,e):a.type===6&&(c=new Le(i,this,e)),this._$AV.push(c),a=s[++l]}r!==a?.index&&(i=G.nextNode(),r++)}return G.currentNode=Y,o}p(e){let t=0;for(let s of this._$AV)s!==void 0&&(s.strings!==void 0?(s._$AI(e,s,t),t+=s.strings.length-2):s._$AI(e[t])),t++}},ee=class n{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,s,o){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=s,this.options=o,this._$Cv=o?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=J(this,e,t),me(e)?e===h||e==null||e===""?(this._$AH!==h&&this._$AR(),this._$AH=h):e!==this._$AH&&e!==$&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):yn(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==h&&me(this._$AH)?this._$AA.nextSibling.data=e:this.T(Y.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:s}=e,o=typeof s=="number"?this._$AC(e):(s.el===void 0&&(s.el=ge.createElement(wn(s.h,s.h[0]),this.options)),s);if(this._$AH?._$AD===o)this._$AH.p(t);else{let i=new Me(o,this),r=i.u(this.options);i.p(t),this.T(r),this._$AH=i}}_$AC(e){let t=vn.get(e.strings);return t===void 0&&vn.set(e.strings,t=new ge(e)),t}k(e){Ct(this._$AH)||(this._$AH=[],this._$AR());let t=this._$AH,s,o=0;for(let i of e)o===t.length?t.push(s=new n(this.O(fe()),this.O(fe()),this,this.options)):s=t[o],s._$AI(i),o++;o<t.length&&(this._$AR(s&&s._$AB.nextSibling,o),t.length=o)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let s=un(e).nextSibling;un(e).remove(),e=s}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},Q=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,s,o,i){this.type=1,this._$AH=h,this._$AN=void 0,this.element=e,this.name=t,this._$AM=o,this.options=i,s.length>2||s[0]!==""||s[1]!==""?(this._$AH=Array(s.length-1).fill(new String),this.strings=s):this._$AH=h}_$AI(e,t=this,s,o){let i=this.strings,r=!1;if(i===void 0)e=J(this,e,t,0),r=!me(e)||e!==this._$AH&&e!==$,r&&(this._$AH=e);else{let l=e,a,c;for(e=i[0],a=0;a<i.length-1;a++)c=J(this,l[s+a],t,a),c===$&&(c=this._$AH[a]),r||=!me(c)||c!==this._$AH[a],c===h?e=h:e!==h&&(e+=(c??"")+i[a+1]),this._$AH[a]=c}r&&!o&&this.j(e)}j(e){e===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},Pe=class extends Q{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===h?void 0:e}},Ie=class extends Q{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==h)}},Oe=class extends Q{constructor(e,t,s,o,i){super(e,t,s,o,i),this.type=5}_$AI(e,t=this){if((e=J(this,e,t,0)??h)===$)return;let s=this._$AH,o=e===h&&s!==h||e.capture!==s.capture||e.once!==s.once||e.passive!==s.passive,i=e!==h&&(s===h||o);o&&this.element.removeEventListener(this.name,this,s),i&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Le=class{constructor(e,t,s){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=s}get _$AU(){return this._$AM._$AU}_$AI(e){J(this,e)}},xn={M:St,P:V,A:$t,C:1,L:kn,R:Me,D:yn,V:J,I:ee,H:Q,N:Ie,U:Oe,B:Pe,F:Le},Po=_t.litHtmlPolyfillSupport;Po?.(ge,ee),(_t.litHtmlVersions??=[]).push("3.3.3");var _n=(n,e,t)=>{let s=t?.renderBefore??e,o=s._$litPart$;if(o===void 0){let i=t?.renderBefore??null;s._$litPart$=o=new ee(e.insertBefore(fe(),i),i,void 0,t??{})}return o._$AI(n),o};var At=globalThis,k=class extends N{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=_n(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return $}};k._$litElement$=!0,k.finalized=!0,At.litElementHydrateSupport?.({LitElement:k});var Io=At.litElementPolyfillSupport;Io?.({LitElement:k});(At.litElementVersions??=[]).push("4.2.2");var Tt=["#5b5fc7","#0b6a8f","#0f766e","#3f6f2a","#8a5a00","#b0413e","#a23b72","#4a6583","#6d4ba8","#8e4585"],je=class extends k{static properties={name:{},picture:{},status:{reflect:!0},broken:{state:!0}};static styles=x`
    :host {
      --size: var(--gchat-avatar-size, 36px);
      position: relative;
      display: inline-block;
      flex: none;
      inline-size: var(--size);
      block-size: var(--size);
    }
    .face {
      background: var(--face);
      display: grid;
      place-items: center;
      inline-size: 100%;
      block-size: 100%;
      overflow: hidden;
      border-radius: 50%;
      color: #fff;
      font-size: calc(var(--size) * 0.38);
      font-weight: 600;
      line-height: 1;
      user-select: none;
    }
    /* Not as text: it is no part of any name, and nobody wants to find or copy it. */
    .face::before {
      content: attr(data-initials);
    }
    .face > *,
    .face::before {
      grid-area: 1 / 1;
    }
    img {
      inline-size: 100%;
      block-size: 100%;
      object-fit: cover;
    }
    .dot {
      position: absolute;
      inset-block-end: -1px;
      inset-inline-end: -1px;
      box-sizing: border-box;
      inline-size: max(10px, calc(var(--size) * 0.3));
      block-size: max(10px, calc(var(--size) * 0.3));
      border: 2px solid var(--g-around, var(--g-surface));
      border-radius: 50%;
      background: var(--g-online);
    }
    :host([status="offline"]) .dot {
      background: var(--g-around, var(--g-surface));
      box-shadow: inset 0 0 0 2px var(--g-muted);
    }
    @media (forced-colors: active) {
      .face {
        border: 1px solid CanvasText;
      }
      .dot {
        border-color: Canvas;
        background: Highlight;
        forced-color-adjust: none;
      }
    }
  `;constructor(){super(),this.name="",this.picture=null,this.status=null,this.broken=!1}willUpdate(e){e.has("picture")&&(this.broken=!1),e.has("name")&&this.style.setProperty("--face",jo(this.name))}render(){let e=this.broken?null:Oo(this.picture),t=e===null?h:d`<img
            src=${e}
            alt=""
            loading="lazy"
            decoding="async"
            referrerpolicy="no-referrer"
            @error=${()=>this.broken=!0}
          />`,s=this.status===null?h:d`<span class="dot"></span>`;return d`<span class="face" aria-hidden="true"
        data-initials=${Lo(this.name)}
        >${t}</span
      >${s}`}};function Oo(n){if(n===null||n==="")return null;try{let e=new URL(n,document.baseURI);return e.origin===location.origin?e.href:null}catch{return null}}function Lo(n){let e=n.split(/\s+/).map(o=>/[\p{L}\p{N}]/u.exec(o)?.[0]).filter(o=>o!==void 0),[t]=e,s=e.at(-1);return t===void 0?"?":(e.length>1&&s!==void 0?t+s:t).toUpperCase()}function jo(n){let e=7;for(let t of n)e=e*31+(t.codePointAt(0)??0)>>>0;return Tt[e%Tt.length]??Tt[0]}var L={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},te=n=>(...e)=>({_$litDirective$:n,values:e}),F=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,s){this._$Ct=e,this._$AM=t,this._$Ci=s}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};var{I:zo}=xn,Sn=n=>n;var Cn=n=>n.strings===void 0,$n=()=>document.createComment(""),ne=(n,e,t)=>{let s=n._$AA.parentNode,o=e===void 0?n._$AB:e._$AA;if(t===void 0){let i=s.insertBefore($n(),o),r=s.insertBefore($n(),o);t=new zo(i,r,n,n.options)}else{let i=t._$AB.nextSibling,r=t._$AM,l=r!==n;if(l){let a;t._$AQ?.(n),t._$AM=n,t._$AP!==void 0&&(a=n._$AU)!==r._$AU&&t._$AP(a)}if(i!==o||l){let a=t._$AA;for(;a!==i;){let c=Sn(a).nextSibling;Sn(s).insertBefore(a,o),a=c}}}return t},B=(n,e,t=n)=>(n._$AI(e,t),n),Uo={},ze=(n,e=Uo)=>n._$AH=e,En=n=>n._$AH,Ue=n=>{n._$AR(),n._$AA.remove()};var An=te(class extends F{constructor(n){if(super(n),n.type!==L.PROPERTY&&n.type!==L.ATTRIBUTE&&n.type!==L.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!Cn(n))throw Error("`live` bindings can only contain a single expression")}render(n){return n}update(n,[e]){if(e===$||e===h)return e;let t=n.element,s=n.name;if(n.type===L.PROPERTY){if(e===t[s])return $}else if(n.type===L.BOOLEAN_ATTRIBUTE){if(!!e===t.hasAttribute(s))return $}else if(n.type===L.ATTRIBUTE&&t.getAttribute(s)===e+"")return $;return ze(n),e}});var De=x`
  :host {
    all: initial;
    --g-accent: var(--bs-primary, var(--primary, #0f6cbf));
    --g-on-accent: var(--gchat-on-accent, #fff);
    --g-surface: var(--gchat-surface, var(--bs-body-bg, #fff));
    --g-ink: var(--gchat-ink, var(--bs-body-color, #1d2125));
    --g-muted: color-mix(in srgb, var(--g-ink) 72%, var(--g-surface));
    --g-line: color-mix(in srgb, var(--g-ink) 13%, var(--g-surface));
    --g-edge: color-mix(in srgb, var(--g-ink) 48%, var(--g-surface));
    --g-soft: color-mix(in srgb, var(--g-ink) 6%, var(--g-surface));
    --g-bubble: color-mix(in srgb, var(--g-ink) 8%, var(--g-surface));
    --g-link: color-mix(in srgb, var(--g-accent) 88%, #000);
    --g-focus: var(--g-link);
    --g-tint: color-mix(in srgb, var(--g-accent) 10%, var(--g-surface));
    --g-online: #1e8e3e;
    --g-danger: #b3261e;
    --g-unread: #c5221f;
    --g-shadow: 0 0 0 1px rgb(0 0 0 / 5%), 0 2px 6px rgb(0 0 0 / 10%), 0 10px 28px rgb(0 0 0 / 16%);

    color: var(--g-ink);
    font-family: var(
      --bs-body-font-family,
      var(--font-family-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif)
    );
    font-size: max(0.9375rem, 14px);
    line-height: 1.4;
    -webkit-text-size-adjust: 100%;
    text-size-adjust: 100%;
  }
  :host([hidden]) {
    display: none;
  }
  :host([data-scheme="dark"]) {
    color-scheme: dark;
    --g-surface: var(--gchat-surface, color-mix(in srgb, var(--bs-body-bg, #1b1f24) 94%, #fff));
    --g-ink: var(--gchat-ink, var(--bs-body-color, #e3e6ea));
    --g-link: color-mix(in srgb, var(--g-accent) 45%, #fff);
    --g-tint: color-mix(in srgb, var(--g-accent) 24%, var(--g-surface));
    --g-online: #4cc26b;
    --g-danger: #f2938c;
    --g-shadow: 0 0 0 1px rgb(255 255 255 / 10%), 0 4px 12px rgb(0 0 0 / 40%), 0 12px 32px rgb(0 0 0 / 45%);
  }
  @media (prefers-contrast: more) {
    :host {
      --g-muted: var(--g-ink);
      --g-line: var(--g-edge);
    }
  }
`,E=x`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  button,
  input,
  textarea {
    margin: 0;
    color: inherit;
    font: inherit;
    letter-spacing: inherit;
  }
  button {
    padding: 0;
    border: 0;
    background: none;
    text-align: start;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2px solid var(--g-focus);
    outline-offset: 2px;
  }
  .icon {
    display: block;
    flex: none;
  }
  .quiet {
    display: inline-grid;
    flex: none;
    place-items: center;
    inline-size: 32px;
    block-size: 32px;
    border-radius: 50%;
    color: var(--g-muted);
    transition: background-color 0.12s;
  }
  .quiet:hover {
    background: var(--g-line);
    color: var(--g-ink);
  }
  .action {
    padding: 4px 10px;
    border: 1px solid var(--g-edge);
    border-radius: 999px;
    color: var(--g-link);
    font-size: 0.875em;
    font-weight: 600;
    transition: background-color 0.12s;
  }
  .action:hover {
    background: var(--g-tint);
  }
  .unread {
    display: inline-block;
    flex: none;
    min-inline-size: 20px;
    padding: 0 6px;
    border-radius: 10px;
    background: var(--g-unread);
    color: #fff;
    font-size: 12px;
    font-weight: 700;
    line-height: 20px;
    text-align: center;
    font-variant-numeric: tabular-nums;
  }
  .out-of-sight {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .clip {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .accent-probe {
    display: none;
    color: var(--g-accent);
  }
  @media (pointer: coarse) {
    .quiet {
      inline-size: 44px;
      block-size: 44px;
    }
    .action {
      min-block-size: 44px;
      padding-inline: 16px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
  @media (forced-colors: active) {
    .unread {
      border: 1px solid CanvasText;
    }
  }
`;var Tn=x`
  :host {
    display: block;
    flex: none;
    padding: 8px;
    border-block-start: 1px solid var(--g-line);
  }
  p {
    margin: 0;
    padding: 0 8px 6px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .hint.bad {
    color: var(--g-danger);
    font-weight: 600;
  }
  .row {
    display: flex;
    gap: 4px;
    align-items: flex-end;
  }
  textarea {
    display: block;
    flex: 1;
    min-inline-size: 0;
    min-block-size: 38px;
    max-block-size: 132px;
    padding: 7px 14px;
    border: 1px solid var(--g-edge);
    border-radius: 19px;
    background: var(--g-surface);
    color: var(--g-ink);
    line-height: 1.45;
    overflow-wrap: anywhere;
    resize: none;
    scrollbar-width: thin;
  }
  textarea::placeholder {
    color: var(--g-muted);
    opacity: 1;
  }
  textarea:focus-visible {
    border-color: var(--g-focus);
    outline-offset: -2px;
  }
  textarea[aria-invalid="true"] {
    border-color: var(--g-danger);
  }
  .send {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: 38px;
    block-size: 38px;
    border-radius: 50%;
    color: var(--g-link);
    transition: background-color 0.12s;
  }
  .send:hover {
    background: var(--g-tint);
  }
  .send[aria-disabled="true"] {
    background: none;
    color: var(--g-muted);
    cursor: default;
  }
  .send:dir(rtl) .icon {
    transform: scaleX(-1);
  }
  @media (pointer: coarse) {
    textarea {
      min-block-size: 44px;
      padding-block: 9px;
      border-radius: 22px;
      font-size: max(1em, 16px);
    }
    .send {
      inline-size: 44px;
      block-size: 44px;
    }
  }
`;function I(n){return d`<svg
    class="icon"
    viewBox="0 0 20 20"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${n}
  </svg>`}var Rn=I(T`<path d="M3 9.2C3 5.8 6.1 3 10 3s7 2.8 7 6.2-3.1 6.2-7 6.2c-.9 0-1.8-.15-2.6-.42L3.7 16.5l1.05-3.1A5.8 5.8 0 0 1 3 9.2Z"/><path d="M7 9.2h.01M10 9.2h.01M13 9.2h.01" stroke-width="2.2"/>`),se=I(T`<path d="m5.5 5.5 9 9m0-9-9 9"/>`),Mn=I(T`<path d="M5 13.5h10"/>`),Pn=I(T`<path d="M3.2 3.8 17 10 3.2 16.2 5 10Zm1.8 6.2h6.5" fill="currentColor" fill-opacity=".18"/>`),In=I(T`<path d="M10 4.5v11m-4.5-4.5 4.5 4.5 4.5-4.5"/>`),On=I(T`<circle cx="9" cy="9" r="5"/><path d="m13 13 3.5 3.5"/>`),j=I(T`<path d="M10 3.5 17.5 16.5h-15ZM10 8.5v3.5m0 2.2v.1"/>`),Ln=I(T`<path d="M5.5 12.5 10 8l4.5 4.5"/>`),jn=I(T`<circle cx="7.5" cy="7" r="3"/><path d="M2.5 16.5c0-3 2.2-4.8 5-4.8s5 1.8 5 4.8M13 4.3a3 3 0 0 1 0 5.4m1.5 2.4c1.8.6 3 2.2 3 4.4"/>`),zn=I(T`<circle cx="10" cy="10" r="6.5"/><path d="M10 6.5V10l2.3 1.5"/>`),Un=I(T`<path d="m5 10.5 3.5 3.5L15 7"/>`),Dn=I(T`<path d="m2 10.5 3.5 3.5L12 7m-2.5 6.5.5.5L16.5 7"/>`);var qn=(n,e,t)=>{let s=new Map;for(let o=e;o<=t;o++)s.set(n[o],o);return s},X=te(class extends F{constructor(n){if(super(n),n.type!==L.CHILD)throw Error("repeat() can only be used in text expressions")}dt(n,e,t){let s;t===void 0?t=e:e!==void 0&&(s=e);let o=[],i=[],r=0;for(let l of n)o[r]=s?s(l,r):r,i[r]=t(l,r),r++;return{values:i,keys:o}}render(n,e,t){return this.dt(n,e,t).values}update(n,[e,t,s]){let o=En(n),{values:i,keys:r}=this.dt(e,t,s);if(!Array.isArray(o))return this.ut=r,i;let l=this.ut??=[],a=[],c,f,u=0,m=o.length-1,p=0,w=i.length-1;for(;u<=m&&p<=w;)if(o[u]===null)u++;else if(o[m]===null)m--;else if(l[u]===r[p])a[p]=B(o[u],i[p]),u++,p++;else if(l[m]===r[w])a[w]=B(o[m],i[w]),m--,w--;else if(l[u]===r[w])a[w]=B(o[u],i[w]),ne(n,a[w+1],o[u]),u++,w--;else if(l[m]===r[p])a[p]=B(o[m],i[p]),ne(n,o[u],o[m]),m--,p++;else if(c===void 0&&(c=qn(r,p,w),f=qn(l,u,m)),c.has(l[u]))if(c.has(l[m])){let b=f.get(r[p]),A=b!==void 0?o[b]:null;if(A===null){let W=ne(n,o[u]);B(W,i[p]),a[p]=W}else a[p]=B(A,i[p]),ne(n,o[u],A),o[b]=null;p++}else Ue(o[m]),m--;else Ue(o[u]),u++;for(;p<=w;){let b=ne(n,a[w+1]);B(b,i[p]),a[p++]=b}for(;u<=m;){let b=o[u++];b!==null&&Ue(b)}return this.ut=r,ze(n,a),$}});var Nn=x`
  :host {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  p,
  ul {
    margin: 0;
    padding: 0;
  }
  ul {
    min-block-size: 0;
    padding: 2px;
    overflow-y: auto;
    overscroll-behavior: contain;
    list-style: none;
    scrollbar-width: thin;
    transition: opacity 0.2s;
  }
  li {
    content-visibility: auto;
    contain-intrinsic-block-size: auto 54px;
  }
  /* Only what is not text fades, so that every word stays readable. */
  .dimmed .row {
    filter: grayscale(1);
  }
  .dimmed .name {
    color: var(--g-muted);
  }
  .dimmed gchat-avatar {
    opacity: 0.5;
  }
  .row {
    position: relative;
    display: grid;
    grid-template: minmax(25px, auto) minmax(25px, auto) / 36px minmax(0, 1fr) auto;
    column-gap: 12px;
    padding-inline: 8px;
    border-radius: 10px;
    transition: background-color 0.12s;
  }
  .row:hover {
    background: var(--g-soft);
    --g-around: var(--g-soft);
  }
  /* The whole row is the button; of its text, only the name is the button's. */
  .person {
    display: grid;
    grid-area: 1 / 1 / 3 / 3;
    grid-template: subgrid / subgrid;
    min-block-size: 54px;
  }
  .person::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 10px;
  }
  .person:focus-visible {
    outline: none;
  }
  .person:focus-visible::after {
    outline: 2px solid var(--g-focus);
    outline-offset: -2px;
  }
  gchat-avatar {
    grid-row: 1 / 3;
    align-self: center;
  }
  .name {
    place-self: end start;
    max-inline-size: 100%;
    font-weight: 600;
    line-height: 1.35;
  }
  .plain .name {
    grid-row: 1 / 3;
    align-self: center;
  }
  .row > .unread {
    grid-area: 1 / 3 / 3;
    align-self: center;
  }
  .about {
    grid-area: 2 / 2;
    color: var(--g-muted);
    font-size: 0.8125em;
  }
  .teacher {
    display: inline-block;
    padding-inline: 6px;
    border-radius: 4px;
    background: var(--g-tint);
    color: var(--g-link);
    font-size: 0.9231em;
    font-weight: 600;
  }
  .calm {
    display: flex;
    flex-direction: column;
    gap: 4px;
    align-items: center;
    padding: 20px 16px;
    color: var(--g-muted);
    text-align: center;
  }
  .calm .hint {
    max-inline-size: 32ch;
    font-size: 0.8667em;
  }
  .badge {
    display: grid;
    place-items: center;
    inline-size: 48px;
    block-size: 48px;
    margin-block-end: 6px;
    border-radius: 50%;
    background: var(--g-tint);
    color: var(--g-link);
  }
  .badge .icon {
    inline-size: 24px;
    block-size: 24px;
  }
  .waiting {
    animation: breathe 2s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to {
      opacity: 0.75;
    }
  }
  .lost {
    display: flex;
    gap: 8px;
    align-items: center;
    padding: 8px 12px;
    border-radius: 10px;
    background: var(--g-soft);
    color: var(--g-ink);
    font-size: 0.9333em;
  }
  .lost .icon {
    color: var(--g-danger);
  }
  .retry {
    padding: 8px;
    text-align: center;
  }
  .search {
    position: relative;
    flex: none;
    margin: 2px 2px 6px;
  }
  .search .icon {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 10px;
    block-size: 100%;
    inline-size: 18px;
    color: var(--g-muted);
    pointer-events: none;
  }
  input {
    display: block;
    inline-size: 100%;
    min-block-size: 36px;
    padding-block: 4px;
    padding-inline: 36px 10px;
    border: 1px solid var(--g-edge);
    border-radius: 18px;
    background: transparent;
    appearance: none;
  }
  input::placeholder {
    color: var(--g-muted);
    opacity: 1;
  }
  input:focus-visible {
    border-color: var(--g-focus);
    outline-offset: -1px;
  }
  @media (pointer: coarse) {
    input {
      min-block-size: 44px;
      border-radius: 22px;
      font-size: max(1em, 16px);
    }
  }
`;var qe=class{line={state:"connecting"};roster={people:[],known:!1,more:!1};windows=[];unread=0;found=null;conversations=new Map;origins=new Map;strings;#e;#n=new Set;constructor(e,t){this.#e=e,this.strings=t,e.onmessage=s=>{this.take(s.data)}}statusOf(e){return this.line.state==="lost"||this.line.state==="stopped"?null:e.contact.status}post(e){this.#e.postMessage(e)}take(e){e.kind==="line"?this.line=e.line:e.kind==="roster"?this.roster=e.roster:e.kind==="dock"?(this.windows=e.windows,this.unread=e.unread):e.kind==="conversation"?this.conversations.set(e.view.conversation,e.view):e.kind==="found"&&(this.found=Do(this.found,e)),this.tell(e)}tell(e){for(let t of[...this.#n])t(e)}subscribe(e){return this.#n.add(e),()=>this.#n.delete(e)}openWith(e,t){t!==null&&this.origins.set(e.conversation,t);let{id:s,name:o,picture:i,profileUrl:r}=e;this.post({kind:"open",person:{id:s,name:o,picture:i,profileUrl:r}}),this.tell({kind:"asked",conversation:e.conversation})}restore(e){this.post({kind:"restore",conversation:e}),this.tell({kind:"asked",conversation:e})}takeOrigin(e){let t=this.origins.get(e)??null;return this.origins.delete(e),t!==null&&t.isConnected&&Rt(t)?t:null}},S=class{#e;#n;#t;#s=null;#o=null;constructor(e,t,s){this.#e=e,this.#n=new Set(t),this.#t=s,e.addController(this)}hostConnected(){this.#l()}hostUpdate(){this.#o!==this.#e.scene&&this.#l()}hostDisconnected(){this.#s?.(),this.#s=null,this.#o=null}#l(){this.#s?.(),this.#o=this.#e.scene,this.#s=this.#o?.subscribe(e=>{this.#n.has(e.kind)&&(this.#t?.(e),this.#e.requestUpdate())})??null}};function Do(n,e){let t=e.append&&n?.text===e.text?n.people:[],s=new Set(t.map(o=>o.id));return{text:e.text,people:[...t,...e.people.filter(o=>!s.has(o.id))],more:e.more}}function Rt(n){return typeof n.checkVisibility!="function"||n.checkVisibility({visibilityProperty:!0})}var qo=8,No=250,Vo={logged_out:"stopped_logged_out",not_allowed:"stopped_not_allowed",other_user:"stopped_other_user",too_many:"stopped_too_many",replaced:"stopped_replaced",outdated:"stopped_outdated",refused:"stopped_refused"};function Mt(n){return Vo[n.reason]}var oe=class extends k{static properties={scene:{attribute:!1},filter:{state:!0},rover:{state:!0}};#e;static styles=[E,Nn];constructor(){super(),this.scene=null,this.origin=null,this.filter="",this.rover=0,new S(this,["roster","line","dock","found"])}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.#e)}focusFirst(){this.shadowRoot?.querySelector("input, .person")?.focus()}render(){let e=this.scene;if(e===null)return d`<p class="calm"></p>`;let{roster:t,line:s}=e;if(s.state==="stopped")return this.#n(e,s);let o=t.people.length>qo||t.more,i=o?this.#l(e):t.people,r=s.state==="lost";return d`
      <div class="status" role="status">
        ${r?d`<p class="lost">${j}<span>${e.strings.get("connection_lost")}</span></p>`:h}
      </div>
      ${r?d`<p class="retry">
            <button class="action" @click=${()=>{e.post({kind:"reconnect"})}}>
              ${e.strings.get("try_again_now")}
            </button>
          </p>`:h}
      ${o?this.#t(e):h} ${this.#s(e,i,o,r)}
    `}#n(e,t){let s=t.reason!=="not_allowed"&&t.reason!=="refused";return d`
      <div class="calm" role="status">
        ${j}
        <p>${e.strings.get(Mt(t))}</p>
      </div>
      ${s?d`<p class="retry">
            <button class="action" @click=${()=>{location.reload()}}>${e.strings.get("load_page_again")}</button>
          </p>`:h}
    `}#t(e){let t=e.strings.get("search_people");return d`<div class="search">
      ${On}
      <input
        type="search"
        autocomplete="off"
        spellcheck="false"
        dir="auto"
        maxlength="100"
        aria-label=${t}
        placeholder=${t}
        .value=${this.filter}
        @input=${s=>{this.#r(s.target.value)}}
        @keydown=${this.#c}
      />
    </div>`}#s(e,t,s,o){let i=e.strings;if(t.length===0&&this.filter.trim()!==""&&s)return d`<p class="calm" role="status">${i.get("search_none",this.filter.trim())}</p>`;if(t.length===0)return o?d`${h}`:e.roster.known?d`<div class="calm">
        <span class="badge">${jn}</span>
        <p>${i.get("nobody_online")}</p>
        <p class="hint">${i.get("nobody_online_hint")}</p>
      </div>`:d`<p class="calm waiting">${i.get("connecting")}</p>`;let r=t.some(l=>l.id===this.rover)?this.rover:t[0]?.id;return d`
      <ul class=${o?"dimmed":""} role="list" aria-label=${i.get("people_online")} @keydown=${this.#a}>
        ${X(t,l=>l.id,l=>this.#o(e,l,!s||l.id===r))}
      </ul>
      ${s&&e.found!==null&&e.found.more&&e.found.text===this.filter.trim()?d`<p class="retry">
            <button
              class="action"
              @click=${()=>{e.post({kind:"search",text:this.filter.trim(),more:!0})}}
            >
              ${i.get("search_more")}
            </button>
          </p>`:h}
    `}#o(e,t,s){let o=e.strings,i=e.windows.find(a=>a.conversation===t.conversation)?.unread??0,r=t.role==="teacher",l=!r&&t.circles.length===0;return d`<li class=${l?"row plain":"row"}>
      <button
        class="person"
        data-id=${t.id}
        tabindex=${s?0:-1}
        aria-label=${o.get("person_online",t.name)}
        aria-describedby="about-${t.id}"
        @click=${a=>{e.openWith(t,this.origin??a.currentTarget)}}
        @focus=${()=>this.rover=t.id}
      >
        <gchat-avatar .name=${t.name} .picture=${t.picture} status="online"></gchat-avatar>
        <span class="name clip" dir="auto">${t.name}</span>
      </button>
      <span class="about clip" id="about-${t.id}"
        >${r?d`<span class="teacher">${o.get("teacher")}</span> `:h}<span dir="auto"
          >${t.circles.join(", ")}</span
        ><span class="out-of-sight"
          >${i>0?`, ${o.count("unread_one","unread_other",i)}`:""}</span
        ></span
      >
      ${i>0?d`<span class="unread" aria-hidden="true">${o.badge(i)}</span>`:h}
    </li>`}#l(e){let t=Vn(this.filter.trim());if(t==="")return e.roster.people;let s=e.roster.people.filter(i=>Vn([i.name,...i.circles].join(" ")).includes(t));if(e.found?.text!==this.filter.trim())return s;let o=new Set(s.map(i=>i.id));return[...s,...e.found.people.filter(i=>!o.has(i.id))]}#r(e){this.filter=e,clearTimeout(this.#e);let t=e.trim();t===""||this.scene?.roster.more!==!0||(this.#e=setTimeout(()=>this.scene?.post({kind:"search",text:t}),No))}#c(e){e.isComposing||(e.key==="Escape"&&this.filter!==""?(e.stopPropagation(),this.#r("")):e.key==="ArrowDown"&&(e.preventDefault(),this.shadowRoot?.querySelector(".person")?.focus()))}#a(e){let t=[...this.shadowRoot?.querySelectorAll(".person")??[]],s=t.indexOf(this.shadowRoot?.activeElement),o={ArrowDown:s+1,ArrowUp:s-1,Home:0,End:t.length-1}[e.key];o===void 0||s<0||(e.preventDefault(),t[o]?.focus())}};function Vn(n){return n.normalize("NFD").replace(/\p{M}/gu,"").toLowerCase()}var Ho=new Set(["http:","https:","mailto:"]),Fo=5,Hn=/(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*(?:\u200D\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*)*)/gu,Pt=null;async function Fn(){Pt??=(await import("./gchat-linkify-NPEQKSG2.js")).tokenize}function Bn(n){return Pt===null?[n]:Pt(n).map(e=>{let t=e.toString(),s=e.isLink?Bo(e.toHref("https")):null;return s===null?t:d`<a href=${s} target="_blank" rel="noopener noreferrer nofollow ugc" dir="auto">${t}</a>`})}function Wn(n){let e=n.match(Hn);return e!==null&&e.length<=Fo&&n.replace(Hn,"").trim()===""}function It(n){return n.trim().replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g,"-").length}function Bo(n){try{return Ho.has(new URL(n).protocol)?n:null}catch{return null}}var Kn=4096,Wo=200,Ko=100,Go=3e3,Gn=132,ie=class extends k{static properties={scene:{attribute:!1},window:{attribute:!1},name:{},text:{state:!0}};#e=null;#n="";#t=new Set;#s=Number.NEGATIVE_INFINITY;static styles=[E,Tn];constructor(){super(),this.scene=null,this.window=null,this.name="",this.text="",new S(this,["line","flush","handback"],e=>{e.kind==="flush"&&this.#a(),e.kind==="handback"&&e.conversation===this.window?.conversation&&this.text===""&&(this.text=e.text,this.#a(),this.focus())})}disconnectedCallback(){super.disconnectedCallback(),this.#a()}focus(){let e=this.#d;e?.focus({preventScroll:!0}),e?.setSelectionRange(e.value.length,e.value.length)}willUpdate(){let e=this.window?.draft??"";if(e===this.#e)return;(this.text===""||this.text===this.#e)&&!this.#t.has(e)&&(this.text=e,this.#n=e),this.#e=e}render(){let{scene:e}=this;if(e===null)return h;let{strings:t,line:s}=e,o=Kn-It(this.text),i=s.state==="stopped"?t.get(Mt(s)):null,r=i??this.#o(o),l=o<0||i!==null,a=this.text.trim()==="";return d`
      ${s.state==="lost"?d`<p class="note">${t.get("not_connected")}</p>`:h}
      <p id="hint" class=${l?"hint bad":"hint"} role="status" ?hidden=${r===""}>${r}</p>
      <div class="row">
        <textarea
          rows="1"
          dir="auto"
          enterkeyhint=${Yn()?"enter":"send"}
          autocomplete="off"
          aria-label=${t.get("message_to",this.name)}
          aria-describedby="hint"
          aria-invalid=${o<0?"true":"false"}
          placeholder=${t.get("write_message")}
          .value=${An(this.text)}
          @input=${this.#l}
          @keydown=${this.#r}
          @blur=${this.#a}
        ></textarea>
        <button
          class="send"
          type="button"
          aria-label=${t.get("send")}
          title=${t.get("send")}
          aria-disabled=${a||l?"true":"false"}
          @click=${this.#c}
        >
          ${Pn}
        </button>
      </div>
    `}updated(){let e=this.#d;if(e===null)return;e.style.blockSize="auto";let t=e.offsetHeight-e.clientHeight;e.style.blockSize=`${Math.min(e.scrollHeight+t,Gn)}px`,e.style.overflowY=e.scrollHeight+t>Gn?"auto":"hidden"}#o(e){let t=this.scene?.strings;return t===void 0||e>Wo?"":e<0?t.count("too_long_one","too_long_other",-e):t.count("chars_left_one","chars_left_other",e)}#l(e){this.text=e.target.value;let t=this.window?.conversation;if(t===void 0)return;this.#a();let s=Date.now();this.text.trim()===""||s-this.#s<Go||(this.#s=s,this.scene?.post({kind:"typing",conversation:t}))}#r(e){e.key!=="Enter"||e.isComposing||e.keyCode===229||e.shiftKey||e.altKey||Yn()||(e.preventDefault(),this.#c())}#c(){let{scene:e,window:t}=this;if(e===null||t===null)return;this.focus();let s=It(this.text);s===0||s>Kn||e.line.state==="stopped"||(e.post({kind:"send",conversation:t.conversation,text:this.text.trim()}),this.#s=Number.NEGATIVE_INFINITY,this.text="",this.#a(),this.dispatchEvent(new CustomEvent("gchat-sent")))}#a(){let e=this.window?.conversation;if(e===void 0||this.text===this.#n)return;this.#n=this.text,this.text!==""&&this.#t.add(this.text);let[t]=this.#t;this.#t.size>Ko&&t!==void 0&&this.#t.delete(t),this.scene?.post({kind:"draft",conversation:e,text:this.text})}get#d(){return this.shadowRoot?.querySelector("textarea")??null}};function Yn(){return window.matchMedia("(pointer: coarse)").matches}var Jn=575.98,Ot=328,Ne={wide:208,phone:136},Ve={wide:220,phone:56},Qn={wide:104,phone:88},H={wide:20,phone:12},He=10,R=n=>Ae(`${n}px`),Xn=x`
  :host {
    --g-bottom: var(--gchat-bottom, var(--g-measured-bottom, 0px));
    --g-end: var(--gchat-end, var(--g-measured-end, 0px));
    --g-window-width: ${R(Ot)};
    --g-bar-width: ${R(Ne.wide)};
    --g-launcher-width: ${R(Ve.wide)};
    position: fixed;
    inset-block-end: var(--g-bottom);
    inset-inline: 0;
    z-index: var(--gchat-z-index, 1040);
    display: block;
    pointer-events: none;
  }
  .dock {
    display: flex;
    gap: ${R(He)};
    align-items: flex-end;
    justify-content: flex-end;
    padding-inline: ${R(H.wide)} calc(${R(H.wide)} + var(--g-end));
  }
  .notices {
    display: flex;
    justify-content: flex-end;
    padding-inline: ${R(H.wide)} calc(${R(H.wide)} + var(--g-end));
  }
  .notice {
    display: flex;
    gap: 8px;
    align-items: center;
    box-sizing: border-box;
    max-inline-size: min(400px, 100%);
    margin-block-end: 12px;
    padding-block: 8px;
    padding-inline: 14px 6px;
    border-radius: 14px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    font-size: 14px;
    line-height: 1.4;
    pointer-events: auto;
  }
  .notice p {
    flex: 1;
    margin: 0;
  }
  .notice > .icon {
    flex: none;
    inline-size: 18px;
    block-size: 18px;
    color: var(--g-danger);
  }
  @media (max-width: 575.98px) {
    .notices {
      padding-inline: ${R(H.phone)};
    }
    :host {
      --g-bar-width: ${R(Ne.phone)};
      --g-launcher-width: ${R(Ve.phone)};
    }
    .dock {
      align-items: center;
      padding-inline: ${R(H.phone)} calc(${R(H.phone)} + var(--g-end));
      padding-block-end: calc(12px + env(safe-area-inset-bottom));
    }
    .covered > :not([open]) {
      visibility: hidden;
    }
  }
  @media print {
    :host {
      display: none;
    }
  }
`;var Yo=".hasstickyfooter .stickyfooter, .hasstickyfooter #sticky-footer",Jo=".btn-footer-popover, .btn-footer-communication";function Zn(n,e,t){let s=()=>{let i=Xo(document.querySelectorAll(Yo)),r=[...document.querySelectorAll(Jo)].map(ts).filter(c=>c!==null),l=i,a=0;for(let c of r)e()?l=Math.max(l,window.innerHeight-c.top+12):a=Math.max(a,Qo(n)?c.right:document.documentElement.clientWidth-c.left);n.style.setProperty("--g-measured-bottom",`${l}px`),n.style.setProperty("--g-measured-end",`${a}px`),t()},o=new MutationObserver(s);return o.observe(document.body,{attributes:!0,attributeFilter:["class"]}),window.addEventListener("resize",s),window.addEventListener("load",s),s(),()=>{o.disconnect(),window.removeEventListener("resize",s),window.removeEventListener("load",s)}}function es(n){let e=window.visualViewport;if(!e)return()=>{};let t=()=>{e.scale>1.01||(n.style.setProperty("--g-view-height",`${e.height}px`),n.style.setProperty("--g-view-top",`${e.offsetTop}px`))};return e.addEventListener("resize",t),e.addEventListener("scroll",t),t(),()=>{e.removeEventListener("resize",t),e.removeEventListener("scroll",t)}}function Qo(n){return getComputedStyle(n).direction==="rtl"}function Xo(n){let e=0;for(let t of n){let s=ts(t);s!==null&&s.bottom>=window.innerHeight-1&&(e=Math.max(e,window.innerHeight-s.top))}return e}function ts(n){let e=n.getBoundingClientRect();if(e.width===0||e.height===0)return null;for(let t=n;t!==null;t=t.parentElement){let{position:s}=getComputedStyle(t);if(s==="fixed"||s==="sticky")return e}return null}function ns(n,e){let t=a=>(a.open?e.open:e.bar)+e.gap,o=n.reduce((a,c)=>a+t(c),0)<=e.room?e.room:e.room-e.more-e.gap,i=new Set,r=0,l=n.map((a,c)=>({place:a,index:c}));l.sort((a,c)=>c.place.rank-a.place.rank||c.index-a.index);for(let{place:a}of l){if(i.size>0&&r+t(a)>o)break;r+=t(a),i.add(a.conversation)}return i}var Lt=te(class extends F{constructor(n){if(super(n),n.type!==L.ATTRIBUTE||n.name!=="class"||n.strings?.length>2)throw Error("`classMap()` can only be used in the `class` attribute and must be the only part in the attribute.")}render(n){return" "+Object.keys(n).filter(e=>n[e]).join(" ")+" "}update(n,[e]){if(this.st===void 0){this.st=new Set,n.strings!==void 0&&(this.nt=new Set(n.strings.join(" ").split(/\s/).filter(s=>s!=="")));for(let s in e)e[s]&&!this.nt?.has(s)&&this.st.add(s);return this.render(e)}let t=n.element.classList;for(let s of this.st)s in e||(t.remove(s),this.st.delete(s));for(let s in e){let o=!!e[s];o===this.st.has(s)||this.nt?.has(s)||(o?(t.add(s),this.st.add(s)):(t.remove(s),this.st.delete(s)))}return $}});function ve(n,e){return new Date(n).toDateString()===new Date(e).toDateString()}function os(n,e){return Math.floor(n/6e4)===Math.floor(e/6e4)}function is(n,e){return e-n>=9e5}function Be(n,e){return Fe(e.locale,{hour:"2-digit",minute:"2-digit"}).format(n)}function rs(n,e){return Fe(e.locale,{dateStyle:"full",timeStyle:"short"}).format(n)}function as(n,e,t){if(ve(n,e))return t.get("today");let s=new Date(e);if(s.setDate(s.getDate()-1),ve(n,s.getTime()))return t.get("yesterday");let o=new Date(e);return o.setDate(o.getDate()-6),n>o.getTime()&&n<e?Fe(t.locale,{weekday:"long"}).format(n):Fe(t.locale,{dateStyle:"medium"}).format(n)}var ss=new Map;function Fe(n,e){let t=`${n} ${JSON.stringify(e)}`,s=ss.get(t);if(s!==void 0)return s;let o=new Intl.DateTimeFormat(n,e);return ss.set(t,o),o}var Zo={bad_text:"failure_bad_text",chat_not_allowed:"failure_chat_not_allowed",conflict:"failure_conflict",empty_message:"failure_empty_message",message_too_long:"failure_message_too_long",not_allowed:"failure_not_allowed",not_found:"failure_not_found",outbox_unreadable:"failure_outbox_unreadable",rate_limited:"failure_rate_limited",unavailable:"failure_unavailable",unknown_recipient:"failure_unknown_recipient"};function ye(n){return(n===void 0?void 0:Zo[n])??"failure_other"}var ei={sending:{text:"sending",icon:zn},sent:{text:"sent",icon:Un},seen:{text:"seen",icon:Dn},failed:{text:"not_sent",icon:j}};function ls(n,e,t){let{strings:s}=e;if(n.kind==="new")return d`<div class="divider" data-key="new"><span>${s.get("new")}</span></div>`;if(n.kind==="time"){let o=Be(n.at,s);return d`<div class="moment" data-key=${n.key}>
      <span>${n.day?d`<b>${as(n.at,t,s)}</b>, ${o}`:o}</span>
    </div>`}return ti(n,e)}function ti(n,e){let{message:t}=n,{strings:s}=e,o={message:!0,mine:t.mine,first:n.first,last:n.last},i=s.get("message_meta",{name:t.mine?s.get("you"):e.name,time:Be(t.sentAt,s)}),r=!t.mine&&n.last?d`<gchat-avatar class="face" .name=${e.name} .picture=${e.picture}></gchat-avatar>`:h;return d`<div class=${Lt(o)} data-key=${t.key} data-seq=${t.mine?0:t.seq}>
    ${r}
    <div class="line">
      ${n.first?d`<span class="out-of-sight">${i}</span>`:h}${ni(t,s)}
      <time datetime=${new Date(t.sentAt).toISOString()} title=${rs(t.sentAt,s)}
        >${Be(t.sentAt,s)}</time
      >
    </div>
    ${si(n,e)}
  </div>`}function ni(n,e){if(n.text===null)return d`<p class="bubble erased">${e.get("message_deleted")}</p>`;let t={bubble:!0,large:Wn(n.text),failed:n.delivery==="failed"};return d`<p class=${Lt(t)} dir="auto">${Bn(n.text)}</p>`}function si(n,e){let{message:t}=n,{strings:s}=e;if(t.delivery===void 0)return h;let{text:o,icon:i}=ei[t.delivery];return t.delivery==="failed"?d`<div class="failure">
      <p>${i}<span>${s.get(o)} ${s.get(ye(t.failure))}</span></p>
      <p class="ways">
        <button class="action" @click=${()=>{e.retry(t)}}>${s.get("try_again")}</button>
        <button class="action" @click=${()=>{e.discard(t)}}>${s.get("remove")}</button>
      </p>
    </div>`:n.spelt?d`<p class="delivery ${t.delivery}">${i}<span>${s.get(o)}</span></p>`:d`<span class="out-of-sight">${s.get(o)}</span>`}function We(n,e){let t=()=>{oi(n,e)},s=window.matchMedia("(prefers-color-scheme: dark)"),o=new MutationObserver(t),i={attributes:!0,attributeFilter:["class","data-bs-theme","style"]};return o.observe(document.documentElement,i),o.observe(document.body,i),s.addEventListener("change",t),window.addEventListener("load",t),t(),()=>{o.disconnect(),s.removeEventListener("change",t),window.removeEventListener("load",t)}}function oi(n,e){let t=li(e?n.parentElement:document.body),s=(e?null:ii())??ai(t)??ri();if(n.dataset.scheme!==s&&(n.dataset.scheme=s),e){let i=n.parentElement===null?"":getComputedStyle(n.parentElement).color;jt(n,"--gchat-ink",i),jt(n,"--gchat-surface",t===null?"":`rgb(${t.slice(0,3).join(" ")})`)}let o=di(n);jt(n,"--gchat-on-accent",o===null||ds(o)<.36?"":"#111")}function jt(n,e,t){n.style.getPropertyValue(e)!==t&&(t===""?n.style.removeProperty(e):n.style.setProperty(e,t))}function ii(){for(let n of[document.body,document.documentElement]){let e=n.dataset.bsTheme;if(e==="dark"||e==="light")return e}return null}function ri(){return getComputedStyle(document.documentElement).colorScheme.includes("dark")&&window.matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light"}function ai(n){return n===null?null:ds(n)<.18?"dark":"light"}function li(n){for(let e=n;e!==null;e=ci(e)){let t=cs(getComputedStyle(e).backgroundColor);if(t!==null&&t[3]>.9)return t}return null}function ci(n){if(n.parentElement!==null)return n.parentElement;let e=n.getRootNode();return e instanceof ShadowRoot?e.host:null}function di(n){let e=n.shadowRoot?.querySelector(".accent-probe");return e==null?null:cs(getComputedStyle(e).color)}function cs(n){let e=n.match(/[\d.]+%?/g)?.map(r=>Number.parseFloat(r)),[t,s,o,i=1]=e??[];return t===void 0||s===void 0||o===void 0?null:n.startsWith("rgb")?[t,s,o,i]:n.startsWith("color(srgb ")?[t*255,s*255,o*255,i]:null}function ds(n){let[e=0,t=0,s=0]=n.slice(0,3).map(o=>{let i=o/255;return i<=.04045?i/12.92:((i+.055)/1.055)**2.4});return .2126*e+.7152*t+.0722*s}var us=x`
  :host {
    --gchat-avatar-size: 32px;
    display: block;
    flex: none;
    inline-size: var(--g-bar-width);
    pointer-events: auto;
    animation: arrive 0.18s ease-out;
  }
  :host([open]) {
    inline-size: var(--g-window-width);
  }
  section {
    display: flex;
    flex-direction: column;
    overflow: hidden;
    border-radius: 14px 14px 0 0;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
  }
  :host([open]) section {
    block-size: min(460px, calc(100dvh - var(--g-bottom, 0px) - 16px));
  }
  header {
    position: relative;
    display: flex;
    flex: none;
    gap: 4px;
    align-items: center;
    min-block-size: 46px;
    padding-inline-end: 6px;
  }
  :host([open]) header {
    min-block-size: 54px;
    padding-inline-start: 12px;
    border-block-end: 1px solid var(--g-line);
    cursor: pointer;
  }
  .who {
    display: grid;
    flex: 1;
    justify-items: start;
    min-inline-size: 0;
    padding-inline: 8px 4px;
  }
  .name {
    max-inline-size: 100%;
    font-weight: 600;
    line-height: 1.3;
  }
  .who .name {
    padding-block: 1px;
  }
  a.name {
    border-radius: 4px;
    color: inherit;
    text-decoration: none;
  }
  a.name:hover {
    text-decoration: underline;
  }
  a.name:focus-visible {
    outline-offset: 0;
  }
  .status {
    color: var(--g-muted);
    font-size: 12px;
    line-height: 1.3;
  }
  .restore {
    --gchat-avatar-size: 28px;
    display: flex;
    flex: 1;
    gap: 8px;
    align-items: center;
    align-self: stretch;
    min-inline-size: 0;
    padding-inline-start: 10px;
  }
  .restore::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 14px 14px 0 0;
  }
  .restore:hover::after {
    background: color-mix(in srgb, var(--g-ink) 5%, transparent);
  }
  .restore:focus-visible {
    outline: none;
  }
  .restore:focus-visible::after {
    outline: 2px solid var(--g-focus);
    outline-offset: -3px;
  }
  .close {
    position: relative;
    z-index: 1;
  }
  :host(:not([open])) .waiting {
    background: var(--g-tint);
    --g-around: var(--g-tint);
  }
  .refused {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    margin: 0;
    padding: 6px 14px;
    color: var(--g-danger);
    font-size: 13px;
  }
  .refused .icon {
    inline-size: 16px;
    block-size: 16px;
    margin-block-start: 1px;
  }
  .dots {
    display: inline-flex;
    flex: none;
    gap: 3px;
  }
  .dots i {
    inline-size: 4px;
    block-size: 4px;
    border-radius: 50%;
    background: var(--g-muted);
    animation: pulse 1s ease-in-out infinite alternate;
  }
  .dots i:nth-child(2) {
    animation-delay: 0.2s;
  }
  .dots i:nth-child(3) {
    animation-delay: 0.4s;
  }
  @keyframes pulse {
    from {
      opacity: 0.3;
    }
  }
  @keyframes arrive {
    from {
      opacity: 0;
      transform: translateY(16px);
    }
  }
  @media (max-width: 575.98px) {
    :host(:not([open])) section {
      overflow: visible;
      border-radius: 23px;
    }
    :host(:not([open])) .unread {
      position: absolute;
      inset-block-start: -6px;
      inset-inline-start: -2px;
      box-shadow: 0 0 0 2px var(--g-surface);
    }
    .restore::after {
      border-radius: 23px;
    }
    :host([open]) {
      position: fixed;
      inset-inline: 0;
      inset-block-start: var(--g-view-top, 0);
      inline-size: auto;
      block-size: var(--g-view-height, 100dvh);
    }
    :host([open]) section {
      block-size: 100%;
      padding-block: env(safe-area-inset-top) env(safe-area-inset-bottom);
      padding-inline: env(safe-area-inset-left) env(safe-area-inset-right);
      border-radius: 0;
      box-shadow: none;
    }
    :host([open]) header {
      min-block-size: 60px;
    }
  }
  @media (forced-colors: active) {
    section {
      border: 1px solid CanvasText;
    }
  }
`;var hs=x`
  :host {
    position: relative;
    display: flex;
    flex: 1;
    min-block-size: 0;
    --gchat-avatar-size: 28px;
  }
  p {
    margin: 0;
  }
  .scroller {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-inline-size: 0;
    padding: 8px 12px 10px;
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--g-line) transparent;
  }
  .scroller::before {
    content: "";
    flex: 1;
  }
  .scroller:focus-visible {
    outline-offset: -2px;
  }
  .moment,
  .divider {
    display: flex;
    flex: none;
    gap: 10px;
    align-items: center;
    justify-content: center;
    margin-block: 14px 6px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .moment b {
    font-weight: 600;
  }
  .divider {
    color: var(--g-danger);
    font-weight: 600;
  }
  .divider::before,
  .divider::after {
    content: "";
    flex: 1;
    block-size: 1px;
    background: currentcolor;
    opacity: 0.5;
  }
  .message {
    position: relative;
    display: flex;
    flex: none;
    flex-direction: column;
    align-items: flex-start;
    margin-block-start: 2px;
    padding-inline-start: 36px;
  }
  .message.first {
    margin-block-start: 8px;
  }
  .message.mine {
    align-items: flex-end;
    padding-inline-start: 0;
  }
  .face {
    position: absolute;
    inset-block-end: 2px;
    inset-inline-start: 0;
  }
  .line {
    display: flex;
    gap: 8px;
    align-items: center;
    max-inline-size: 100%;
  }
  .mine .line {
    flex-direction: row-reverse;
  }
  .bubble {
    --round: 18px;
    --tight: 5px;
    min-inline-size: 0;
    max-inline-size: 232px;
    padding: 7px 12px;
    border-radius: var(--round);
    border-start-start-radius: var(--tight);
    border-end-start-radius: var(--tight);
    background: var(--g-bubble);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
    unicode-bidi: plaintext;
  }
  .first .bubble {
    border-start-start-radius: var(--round);
  }
  .last .bubble {
    border-end-start-radius: var(--round);
  }
  .mine .bubble {
    border-radius: var(--round);
    border-start-end-radius: var(--tight);
    border-end-end-radius: var(--tight);
    background: var(--g-accent);
    color: var(--g-on-accent);
  }
  .mine.first .bubble {
    border-start-end-radius: var(--round);
  }
  .mine.last .bubble {
    border-end-end-radius: var(--round);
  }
  .message .bubble.large {
    padding: 0;
    background: none;
    font-size: 34px;
    line-height: 1.25;
  }
  .message .bubble.erased {
    border: 1px solid var(--g-line);
    background: none;
    color: var(--g-muted);
    font-style: italic;
  }
  .message .bubble.failed {
    border: 1px solid var(--g-danger);
    background: none;
    color: var(--g-ink);
  }
  .bubble a {
    color: var(--g-link);
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .mine .bubble:not(.failed) a {
    color: inherit;
    --g-focus: var(--g-on-accent);
  }
  time {
    flex: none;
    color: var(--g-muted);
    font-size: 12px;
    opacity: 0;
    transition: opacity 0.12s;
  }
  .message:hover time,
  .message:focus-within time,
  .scroller:focus-visible time {
    opacity: 1;
  }
  .delivery {
    display: flex;
    gap: 3px;
    align-items: center;
    margin-block-start: 2px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .delivery .icon,
  .failure .icon {
    inline-size: 14px;
    block-size: 14px;
  }
  .delivery.seen .icon {
    color: var(--g-link);
  }
  .failure {
    display: grid;
    gap: 6px;
    justify-items: end;
    margin-block: 4px;
    font-size: 13px;
    text-align: end;
  }
  .failure p:first-child {
    display: flex;
    gap: 4px;
    align-items: flex-start;
    color: var(--g-danger);
  }
  .failure .icon {
    margin-block-start: 2px;
  }
  .ways {
    display: flex;
    gap: 8px;
  }
  .older {
    flex: none;
    padding-block: 4px;
    text-align: center;
  }
  .older .action {
    border-color: var(--g-line);
  }
  .jump {
    position: absolute;
    inset-block-end: 10px;
    inset-inline: 0;
    display: flex;
    gap: 6px;
    align-items: center;
    justify-content: center;
    inline-size: fit-content;
    min-inline-size: 36px;
    min-block-size: 36px;
    margin-inline: auto;
    padding: 4px 8px;
    border-radius: 18px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    color: var(--g-link);
    font-size: 13px;
    font-weight: 600;
    animation: rise 0.16s ease-out;
  }
  .jump:has(span) {
    padding-inline: 10px 14px;
    background: var(--g-accent);
    color: var(--g-on-accent);
  }
  .jump .icon {
    inline-size: 18px;
    block-size: 18px;
  }
  .hello {
    --gchat-avatar-size: 64px;
    display: grid;
    flex: 4;
    align-content: center;
    justify-items: center;
    padding: 16px;
    color: var(--g-muted);
    text-align: center;
  }
  .hello b {
    display: block;
    margin-block-start: 12px;
    color: var(--g-ink);
    font-size: 1.0667em;
    overflow-wrap: anywhere;
  }
  .typing {
    position: relative;
    display: flex;
    flex: none;
    gap: 8px;
    align-items: center;
    min-block-size: 30px;
    margin-block-start: 8px;
    padding-inline-start: 36px;
    color: var(--g-muted);
    font-size: 12px;
  }
  .dots {
    display: inline-flex;
    flex: none;
    gap: 4px;
    padding: 11px 12px;
    border-radius: 16px;
    background: var(--g-bubble);
  }
  .dots i {
    inline-size: 6px;
    block-size: 6px;
    border-radius: 50%;
    background: var(--g-muted);
    animation: hop 1.2s ease-in-out infinite;
  }
  .dots i:nth-child(2) {
    animation-delay: 0.15s;
  }
  .dots i:nth-child(3) {
    animation-delay: 0.3s;
  }
  @keyframes hop {
    0%,
    60%,
    100% {
      transform: none;
    }
    30% {
      transform: translateY(-4px);
    }
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }
  .late {
    margin: auto;
    color: var(--g-muted);
    text-align: center;
  }
  .loading {
    display: grid;
    gap: 8px;
    padding-block: 8px;
  }
  .loading i {
    inline-size: 60%;
    block-size: 34px;
    border-radius: 18px;
    background: var(--g-bubble);
    animation: breathe 1s ease-in-out infinite alternate;
  }
  .loading .mine {
    inline-size: 45%;
    margin-inline-start: auto;
  }
  @keyframes breathe {
    to {
      opacity: 0.5;
    }
  }
  @media (pointer: coarse) {
    .jump {
      min-inline-size: 44px;
      min-block-size: 44px;
      border-radius: 22px;
    }
  }
  @media (max-width: 575.98px) {
    .bubble {
      max-inline-size: min(75vw, 34rem);
    }
  }
  @media (forced-colors: active) {
    .bubble,
    .jump,
    .dots {
      border: 1px solid CanvasText;
    }
    .mine .bubble {
      border-color: Highlight;
    }
    .dots i,
    .divider::before,
    .divider::after {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;var Ke=class{stuck=!0;#e;#n=0;#t=null;constructor(e){this.#e=e}scrolled(){let e=this.#e();if(e===null)return;let{scrollTop:t}=e;e.scrollHeight-t-e.clientHeight<=24?this.stuck=!0:t<this.#n&&(this.stuck=!1),this.#n=t}remember(){let e=this.#e();if(this.#t=null,e===null||this.stuck)return;let t=e.getBoundingClientRect().top;for(let s of e.querySelectorAll(".message[data-key]")){let o=s.getBoundingClientRect();if(o.bottom>t){this.#t={key:s.dataset.key??"",top:o.top};return}}}keep(){let e=this.#e();if(e===null)return;if(this.stuck){this.toEnd();return}let t=this.#t;if(t===null)return;let s=[...e.querySelectorAll(".message[data-key]")].find(o=>o.dataset.key===t.key);s!==void 0&&(e.scrollTop+=s.getBoundingClientRect().top-t.top)}toEnd(e=!1){let t=this.#e();t!==null&&(this.stuck=!0,e?t.scrollTo({top:t.scrollHeight,behavior:"smooth"}):t.scrollTop=t.scrollHeight,this.#n=t.scrollTop)}reveal(e){let t=this.#e();if(t===null)return;let s=e.getBoundingClientRect().top-t.getBoundingClientRect().top;s>=0||(t.scrollTop+=s-8,this.#n=t.scrollTop,this.stuck=t.scrollHeight-this.#n-t.clientHeight<=24)}};function ms(n,e){let t=[],s=e===null?-1:n.findIndex(i=>!i.mine&&i.seq>e),o=ui(n);return n.forEach((i,r)=>{let l=n[r-1],a=r===s&&r>0;a&&t.push({kind:"new",key:"new"});let c=fs(l,i);if(c){let u=l===void 0||!ve(l.sentAt,i.sentAt);t.push({kind:"time",key:`time ${i.key}`,at:i.sentAt,day:u})}let f=n[r+1];t.push({kind:"message",key:i.key,message:i,first:a||c||!ps(l,i),last:r+1===s||fs(i,f)||!ps(i,f),spelt:o.has(r)})}),t}function ps(n,e){return n===void 0||e===void 0?!1:n.mine===e.mine&&os(n.sentAt,e.sentAt)&&n.delivery!=="failed"}function fs(n,e){return e===void 0?!1:n===void 0?!0:!ve(n.sentAt,e.sentAt)||is(n.sentAt,e.sentAt)}function ui(n){let e=new Set,t={seen:!1,sent:!1,sending:!1};for(let s=n.length-1;s>=0;s-=1){let o=n[s]?.delivery;o!==void 0&&(o==="failed"?e.add(s):!t[o]&&!(o==="sent"&&t.seen)&&(t[o]=!0,e.add(s)))}return e}var gs=96,hi=40,re=class extends k{static properties={scene:{attribute:!1},window:{attribute:!1},name:{},missed:{state:!0},away:{state:!0},asked:{state:!0}};#e=new Ke(()=>this.#h);#n=null;#t=!1;#s;#o;#l=0;#r=!1;#c=!1;#a=null;static styles=[E,hs];constructor(){super(),this.scene=null,this.window=null,this.name="",this.missed=!1,this.away=!1,this.asked=!1,new S(this,["conversation","line"],e=>{e.kind==="line"&&(this.asked=!1)})}connectedCallback(){super.connectedCallback(),Fn().then(()=>{this.requestUpdate()},()=>{}),document.addEventListener("visibilitychange",this.#b),globalThis.addEventListener("focus",this.#b)}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.#b),globalThis.removeEventListener("focus",this.#b),this.#a?.disconnect(),this.#a=null}follow(){this.#n=null,this.#e.toEnd()}willUpdate(){let e=this.#m;if(this.#e.remember(),this.#c=this.shadowRoot?.activeElement?.closest(".older")instanceof HTMLElement,e===void 0||e.loading)return;let t=e.messages.at(-1),s=e.messages[0];this.#t?t!==void 0&&t.key!==this.#s&&(t.mine?this.#e.stuck=!0:this.#e.stuck||(this.missed=!0),!t.mine&&!vs()&&!pi(e,this.#n)&&(this.#n=e.readSeq)):this.#n=e.readSeq,(s?.key!==this.#o||!e.older||e.late&&!this.#r)&&(this.asked=!1),this.#r=e.late,this.#o=s?.key,this.#s=t?.key}render(){let{scene:e,window:t}=this;if(e===null||t===null)return h;let{strings:s}=e,o=this.#m;return d`
      <div
        class="scroller"
        role="log"
        aria-live="off"
        aria-label=${s.get("messages_with",this.name)}
        aria-busy=${o===void 0||o.loading?"true":"false"}
        tabindex="0"
        @scroll=${this.#v}
      >
        ${o===void 0||o.loading?this.#d(e,o):this.#u(e,t,o)}
      </div>
      ${this.away?d`<button class="jump" aria-label=${s.get(this.missed?"new_messages":"jump_latest")} @click=${this.#p}>
            ${In}${this.missed?d`<span>${s.get("new_messages")}</span>`:h}
          </button>`:h}
    `}updated(){let e=this.#m,t=this.#h;if(t!==null){if(this.#a===null&&typeof ResizeObserver=="function"&&(this.#a=new ResizeObserver(()=>{this.#e.stuck&&this.#e.toEnd(),this.#b()}),this.#a.observe(t)),this.#e.keep(),!this.#t&&e!==void 0&&!e.loading){this.#t=!0;let s=t.querySelector(".divider");s!==null&&this.#e.reveal(s)}this.#c&&e?.older===!1&&t.focus({preventScroll:!0}),this.#i(),this.#b()}}#d(e,t){if(t?.late===!0){let s=()=>{e.post({kind:"older",conversation:t.conversation})};return d`<div class="late" role="status">
        <p>${e.strings.get("messages_late")}</p>
        <p><button class="action" @click=${s}>${e.strings.get("try_again")}</button></p>
      </div>`}return d`<div class="loading">
      <span class="out-of-sight">${e.strings.get("loading")}</span>
      <i></i><i class="mine"></i><i></i>
    </div>`}#u(e,t,s){let{strings:o}=e;if(s.messages.length===0&&!s.older){let[l=this.name]=this.name.split(/\s+/);return d`<div class="hello">
          <gchat-avatar .name=${this.name} .picture=${t.contact.picture}></gchat-avatar>
          <p><b dir="auto">${o.get("say_hello",l)}</b></p>
          <p>${o.get("say_hello_hint")}</p>
        </div>
        ${this.#f(e,t)}`}let i={strings:o,name:this.name,picture:t.contact.picture,retry:l=>{e.post({kind:"retry",conversation:s.conversation,key:l.key})},discard:l=>{this.#g(e,s,l)}},r=Date.now();return d`
      ${s.older?d`<p class="older">
            <button class="action" aria-disabled=${this.asked?"true":"false"} @click=${this.#y}>
              ${o.get(this.asked?"loading":"older_messages")}
            </button>
          </p>`:h}
      ${X(ms(s.messages,this.#n),l=>l.key,l=>ls(l,i,r))}
      ${this.#f(e,t)}
    `}#f(e,t){return t.typing?d`<div class="typing">
      <gchat-avatar class="face" .name=${this.name} .picture=${t.contact.picture}></gchat-avatar>
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span class="clip" dir="auto">${e.strings.get("typing",this.name)}</span>
    </div>`:h}#g(e,t,s){let{conversation:o}=t;e.post({kind:"discard",conversation:o,key:s.key}),e.tell({kind:"handback",conversation:o,text:s.text??""})}#v(){this.#e.scrolled(),this.#i(),(this.#h?.scrollTop??gs)<gs&&!this.#e.stuck&&this.#y(),this.#b()}#i(){this.away=!this.#e.stuck,this.#e.stuck&&(this.missed=!1)}#p(){this.#h?.focus({preventScroll:!0}),this.#e.toEnd(!0),this.#i()}#y(){let e=this.#m;e===void 0||!e.older||this.asked||(this.asked=!0,this.scene?.post({kind:"older",conversation:e.conversation}))}#b=()=>{let{scene:e}=this,t=this.#m,s=this.#h;if(e===null||t===void 0||s===null||!vs()||!Rt(this))return;let o=s.getBoundingClientRect().bottom,i=Math.max(t.readSeq,this.#l);for(let r of s.querySelectorAll(".message[data-seq]")){let l=Number(r.dataset.seq);if(l<=i)continue;let a=r.getBoundingClientRect();a.top+Math.min(a.height,hi)<=o+1&&(i=l)}i<=Math.max(t.readSeq,this.#l)||(this.#l=i,e.post({kind:"seen",conversation:t.conversation,seq:i}))};get#m(){return this.window===null?void 0:this.scene?.conversations.get(this.window.conversation)}get#h(){return this.shadowRoot?.querySelector(".scroller")??null}};function vs(){return document.visibilityState==="visible"&&document.hasFocus()}function pi(n,e){return e!==null&&n.messages.some(t=>!t.mine&&t.seq>e&&t.seq<=n.readSeq)}var ae=class extends k{static properties={scene:{attribute:!1},window:{attribute:!1},open:{type:Boolean,reflect:!0},refused:{state:!0}};static styles=[E,us];constructor(){super(),this.scene=null,this.window=null,this.open=!1,this.refused=null,new S(this,["refused","line"],e=>{e.kind!=="refused"||e.conversation!==this.window?.conversation||(this.refused=e.code)}),this.addEventListener("keydown",e=>{this.#l(e)})}focusIn(){let e=this.shadowRoot?.querySelector("gchat-composer");e instanceof ie?e.updateComplete.then(()=>{e.focus()}):this.shadowRoot?.querySelector(".restore")?.focus()}render(){let{scene:e,window:t}=this;if(e===null||t===null)return h;let s=t.contact.name===""?e.strings.get("deleted_user"):t.contact.name;return d`<section
      role="region"
      class=${t.unread>0?"waiting":""}
      aria-label=${e.strings.get("chat_with",s)}
    >
      ${this.open?this.#n(e,t,s):this.#e(e,t,s)}
    </section>`}#e(e,t,s){let{strings:o}=e;return d`<header>
      <button
        class="restore"
        aria-label=${o.get("restore_chat",s)}
        aria-describedby="state"
        @click=${()=>{e.restore(t.conversation)}}
      >
        <gchat-avatar .name=${s} .picture=${t.contact.picture} .status=${e.statusOf(t)}></gchat-avatar>
        <span class="name clip" dir="auto">${s}</span>
        ${t.typing?d`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>`:h}
      </button>
      ${this.#t(e,t)}
      ${this.#s(e,s)}
    </header>`}#n(e,t,s){let{strings:o}=e,{profileUrl:i,picture:r}=t.contact,l=e.statusOf(t),a=fi(i),c=o.get("minimise_chat",s);return d`<header @click=${this.#o}>
        <gchat-avatar .name=${s} .picture=${r} .status=${l}></gchat-avatar>
        <span class="who">
          ${a===null?d`<span class="name clip" dir="auto">${s}</span>`:d`<a class="name clip" dir="auto" href=${a}>${s}</a>`}
          <span class="status clip">${o.get(l??"no_connection")}</span>
        </span>
        ${this.#t(e,t)}
        <button class="quiet" aria-label=${c} title=${c} @click=${()=>{this.#c("minimise")}}>
          ${Mn}
        </button>
        ${this.#s(e,s)}
      </header>
      <gchat-log .scene=${e} .window=${t} .name=${s}></gchat-log>
      ${this.refused===null?h:d`<p class="refused" role="alert">${j}<span>${o.get(ye(this.refused))}</span></p>`}
      <gchat-composer .scene=${e} .window=${t} .name=${s} @gchat-sent=${this.#r}></gchat-composer>`}#t(e,t){let{strings:s}=e;if(this.open&&t.unread===0)return d``;let o=t.unread===0?"":s.count("unread_one","unread_other",t.unread);return d`${t.unread>0?d`<span class="unread" aria-hidden="true">${s.badge(t.unread)}</span>`:h}<span id="state" class="out-of-sight"
        >${[this.open?"":s.get(e.statusOf(t)??"no_connection"),o].filter(i=>i!=="").join(", ")}</span
      >`}#s(e,t){let s=e.strings.get("close_chat",t);return d`<button class="quiet close" aria-label=${s} title=${s} @click=${()=>{this.#c("close")}}>
      ${se}
    </button>`}#o(e){e.target.closest("a, button")===null&&this.#c("minimise")}#l(e){e.key!=="Escape"||e.isComposing||e.defaultPrevented||(e.preventDefault(),e.stopPropagation(),this.#c("close"))}#r(){this.refused=null;let e=this.shadowRoot?.querySelector("gchat-log");e instanceof re&&e.follow()}#c(e){let t=this.window?.conversation;t!==void 0&&(this.scene?.tell({kind:"flush"}),this.scene?.post({kind:e,conversation:t}),this.dispatchEvent(new CustomEvent("gchat-deed",{detail:{deed:e}})))}};function fi(n){if(n===null)return null;try{let e=new URL(n,document.baseURI);return e.protocol==="https:"||e.protocol==="http:"?e.href:null}catch{return null}}var mi=5e3,ys=240,gi=4,be=class extends k{static properties={scene:{attribute:!1},said:{state:!0},notice:{state:!0},phone:{state:!0}};#e=new Map;#n=0;#t=null;#s=null;#o=[];static styles=[De,E,Xn];constructor(){super(),this.scene=null,this.said=[],this.notice=null,this.phone=!1,new S(this,["dock","asked","arrived","refused"],e=>{this.#c(e)}),this.addEventListener("focusin",()=>{this.#g()})}connectedCallback(){super.connectedCallback();let e=window.matchMedia(`(max-width: ${Jn}px)`),t=()=>{this.phone=e.matches};t(),e.addEventListener("change",t),this.#o=[()=>{e.removeEventListener("change",t)},Zn(this,()=>this.phone,()=>{this.requestUpdate()}),es(this)]}disconnectedCallback(){super.disconnectedCallback();for(let e of this.#o)e();this.#o=[]}firstUpdated(){this.#o.push(We(this,!1))}render(){let{scene:e}=this;if(e===null)return h;let{strings:t}=e,s=e.windows.map(a=>this.#a(a)),o=ns(this.phone?s.map(a=>({...a,open:!1})):s,this.#d()),i=new Set(s.filter(a=>a.open).map(a=>a.conversation)),r=e.windows.filter(a=>o.has(a.conversation)||this.phone&&i.has(a.conversation)),l=e.windows.filter(a=>!r.includes(a));return d`
      <span class="accent-probe"></span>
      <div class="notices" role="status">${this.notice===null?h:this.#l(e,this.notice)}</div>
      <div class=${this.phone&&i.size>0?"dock covered":"dock"} role="region" aria-label=${t.get("chats")}>
        ${l.length>0?d`<gchat-more .scene=${e} .windows=${l}></gchat-more>`:h}
        ${X([...r].reverse(),a=>a.conversation,a=>d`<gchat-window
              .scene=${e}
              .window=${a}
              .open=${i.has(a.conversation)}
              @gchat-deed=${c=>{this.#u(a.conversation,c.detail.deed)}}
            ></gchat-window>`)}
        <gchat-launcher .scene=${e}></gchat-launcher>
      </div>
      <div class="out-of-sight" aria-live="polite">
        ${X(this.said,a=>a.key,a=>d`<p>${a.text}</p>`)}
      </div>
    `}#l(e,t){let s=e.strings.get("dismiss");return d`<div class="notice">
      ${j}
      <p>${e.strings.get(ye(t))}</p>
      <button class="quiet" aria-label=${s} title=${s} @click=${()=>{this.#r()}}>${se}</button>
    </div>`}#r(){this.notice=null,this.#p?.focusButton()}updated(){let e=this.#t;if(e===null)return;let t=this.#i(e.conversation);Date.now()>e.until?this.#t=null:t?.open===!0&&(this.#t=null,t.updateComplete.then(()=>{t.focusIn()}))}#c(e){if(e.kind==="asked")this.#t={conversation:e.conversation,until:Date.now()+mi},this.#v(e.conversation),this.#s=e.conversation;else if(e.kind==="refused")e.conversation===void 0&&(this.notice=e.code);else if(e.kind==="arrived"&&this.scene!==null){let t={key:(this.said.at(-1)?.key??0)+1,text:vi(this.scene.strings,e)};this.said=[...this.said,t].slice(-gi)}}#a(e){let{conversation:t}=e,s=e.state==="open"&&(!this.phone||this.#s===t);return{conversation:t,open:s,rank:this.#e.get(t)??0}}#d(){let e=document.documentElement.clientWidth,t=Number.parseFloat(getComputedStyle(this).getPropertyValue("--g-measured-end"))||0,s=this.phone?"phone":"wide";return{room:e-2*H[s]-t-Ve[s]-He,open:Ot,bar:Ne[s],more:Qn[s],gap:He}}#u(e,t){this.#s===e&&(this.#s=null),this.#t?.conversation===e&&(this.#t=null),t==="close"&&this.#e.delete(e);let s=this.scene?.takeOrigin(e)??null;if(s!==null){s.focus();return}this.requestUpdate(),this.updateComplete.then(async()=>{let o=this.#i(e);await o?.updateComplete,t==="minimise"&&o!==null&&!o.open?o.focusIn():t==="close"?this.#p?.focusButton():this.#f(e)})}#f(e){let t=this.scene?.subscribe(s=>{s.kind==="dock"&&(t?.(),this.updateComplete.then(async()=>{let o=this.#i(e);await o?.updateComplete;let i=document.activeElement===document.body||document.activeElement===bs(this);o?.open===!1&&i&&o.focusIn()}))})}#g(){let e=this.shadowRoot?.activeElement,t=e instanceof ae?e.window?.conversation:void 0;t!==void 0&&this.#v(t)}#v(e){this.#n+=1,this.#e.set(e,this.#n)}#i(e){return[...this.shadowRoot?.querySelectorAll("gchat-window")??[]].find(s=>s.window?.conversation===e)??null}get#p(){return this.shadowRoot?.querySelector("gchat-launcher")??null}};function vi(n,{from:e,text:t,count:s}){return s>1?n.get("arrived_many",{name:e,count:n.number(s)}):n.get("arrived",{name:e,text:t.length>ys?`${t.slice(0,ys)}…`:t})}function bs(n){let e=n.getRootNode();return e instanceof ShadowRoot?bs(e.host):n}var ws=x`
  :host {
    position: relative;
    display: block;
    flex: none;
    pointer-events: auto;
  }
  .opener {
    display: flex;
    gap: 8px;
    align-items: center;
    min-block-size: 46px;
    padding-inline: 12px;
    border-radius: 14px 14px 0 0;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    color: var(--g-ink);
    font-weight: 600;
    transition: background-color 0.12s;
  }
  .opener:hover {
    background: color-mix(in srgb, var(--g-ink) 5%, var(--g-surface));
  }
  .opener:focus-visible {
    outline-offset: -3px;
  }
  .launcher {
    inline-size: var(--g-launcher-width);
  }
  .sign {
    color: var(--g-link);
  }
  .title {
    flex: 1;
    min-inline-size: 0;
  }
  .count {
    display: inline-flex;
    gap: 5px;
    align-items: center;
    color: var(--g-muted);
    font-size: 0.8667em;
    font-variant-numeric: tabular-nums;
  }
  /* The numbers are in the button's name, in words; here they are only for the eye. */
  .count::after,
  .unread::after {
    content: attr(data-count);
  }
  .count::before {
    content: "";
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--g-online);
  }
  .count.pale::before {
    background: var(--g-muted);
  }
  .more {
    padding-inline: 10px 14px;
    white-space: nowrap;
  }
  .more .icon {
    color: var(--g-muted);
  }
  .panel {
    position: absolute;
    inset-block-end: calc(100% + 8px);
    inset-inline-end: 0;
    z-index: 1;
    display: flex;
    flex-direction: column;
    inline-size: 320px;
    max-inline-size: calc(100vw - 16px);
    max-block-size: min(480px, calc(100dvh - var(--g-bottom, 0px) - 80px));
    margin: 0;
    overflow: hidden;
    border-radius: 14px;
    background: var(--g-surface);
    box-shadow: var(--g-shadow);
    list-style: none;
    animation: rise 0.16s ease-out;
  }
  .head {
    display: flex;
    flex: none;
    align-items: center;
    padding-block: 8px 4px;
    padding-inline: 16px 8px;
  }
  h2 {
    flex: 1;
    margin: 0;
    font-size: 1.0667em;
    font-weight: 600;
  }
  gchat-people {
    flex: 1;
    min-block-size: 0;
    padding: 0 6px 6px;
  }
  .menu {
    --gchat-avatar-size: 28px;
    inline-size: 240px;
    padding: 6px;
    overflow-y: auto;
  }
  .entry {
    display: flex;
    gap: 10px;
    align-items: center;
    inline-size: 100%;
    min-block-size: 44px;
    padding-inline: 8px;
    border-radius: 8px;
  }
  .entry:hover {
    background: var(--g-soft);
  }
  .entry:focus-visible {
    outline-offset: -2px;
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(8px);
    }
  }
  @media (max-width: 575.98px) {
    .opener {
      border-radius: 23px;
    }
    .launcher {
      position: relative;
      justify-content: center;
      inline-size: var(--g-launcher-width);
      block-size: 56px;
      padding: 0;
      border-radius: 50%;
      background: var(--g-accent);
      color: var(--g-on-accent);
    }
    .launcher:hover {
      background: color-mix(in srgb, var(--g-accent) 88%, #000);
    }
    .launcher:focus-visible {
      outline-color: var(--g-on-accent);
    }
    .launcher .sign {
      color: inherit;
    }
    .launcher .sign .icon {
      inline-size: 26px;
      block-size: 26px;
    }
    .launcher .title,
    .launcher .count {
      display: none;
    }
    .launcher .unread {
      position: absolute;
      inset-block-start: -4px;
      inset-inline-end: -4px;
      box-shadow: 0 0 0 2px var(--g-surface);
    }
    .people {
      position: fixed;
      inset-inline: 8px;
      inset-block-end: calc(var(--g-bottom, 0px) + 80px);
      inline-size: auto;
      max-inline-size: none;
      max-block-size: min(560px, calc(var(--g-view-height, 100dvh) - var(--g-bottom, 0px) - 96px));
    }
    .more {
      padding-inline: 8px 12px;
    }
  }
  @media (forced-colors: active) {
    .opener,
    .panel {
      border: 1px solid CanvasText;
    }
    .count::before {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;var we=class extends k{static properties={scene:{attribute:!1},shown:{type:Boolean,reflect:!0}};static styles=[E,ws];constructor(){super(),this.scene=null,this.shown=!1,this.addEventListener("keydown",e=>{e.key!=="Escape"||!this.shown||e.isComposing||(e.stopPropagation(),this.hide(!0))}),this.addEventListener("focusout",e=>{e.relatedTarget!==null&&!this.contains(e.relatedTarget)&&this.hide(!1)})}connectedCallback(){super.connectedCallback(),document.addEventListener("pointerdown",this.#e)}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("pointerdown",this.#e)}hide(e){this.shown=!1,e&&this.focusButton()}focusButton(){this.button?.focus()}get button(){return this.shadowRoot?.querySelector(".opener")??null}toggle(){this.shown=!this.shown}#e=e=>{this.shown&&!e.composedPath().includes(this)&&this.hide(!1)}},Ge=class extends we{constructor(){super(),new S(this,["roster","line","dock","asked"],e=>{e.kind==="asked"&&(this.shown=!1)})}render(){let{scene:e}=this;if(e===null)return h;let{strings:t,roster:s,line:o}=e,i=`${t.number(s.people.length)}${s.more?"+":""}`,r=o.state==="lost"||o.state==="stopped",l=[t.get("globalchat"),s.known?t.get("online_count",i):"",e.unread>0?t.count("unread_one","unread_other",e.unread):""];return d`
      ${this.shown?this.#e(e):h}
      <button
        class="opener launcher"
        aria-label=${l.filter(a=>a!=="").join(", ")}
        aria-expanded=${this.shown?"true":"false"}
        aria-haspopup="dialog"
        @click=${()=>{this.toggle()}}
      >
        <span class="sign">${r?j:Rn}</span>
        <span class="title clip">${t.get("globalchat")}</span>
        ${s.known?d`<span class=${r?"count pale":"count"} data-count=${i}></span>`:h}
        ${e.unread>0?d`<span class="unread" data-count=${t.badge(e.unread)}></span>`:h}
      </button>
    `}updated(e){if(!e.has("shown")||!this.shown)return;let t=this.shadowRoot?.querySelector("gchat-people");t instanceof oe&&t.updateComplete.then(()=>{t.focusFirst()})}#e(e){let t=e.strings.get("close_list");return d`<div class="panel people" role="dialog" aria-label=${e.strings.get("globalchat")}>
      <div class="head">
        <h2>${e.strings.get("people_online")}</h2>
        <button class="quiet" aria-label=${t} title=${t} @click=${()=>{this.hide(!0)}}>${se}</button>
      </div>
      <gchat-people .scene=${e} .origin=${this.button}></gchat-people>
    </div>`}},Ye=class extends we{static properties={...we.properties,windows:{attribute:!1}};constructor(){super(),this.windows=[],new S(this,["line"])}render(){let{scene:e}=this;if(e===null)return h;let{strings:t}=e,s=this.windows.reduce((i,r)=>i+r.unread,0),o=[t.count("more_chats_one","more_chats_other",this.windows.length),s>0?t.count("unread_one","unread_other",s):""];return d`
      ${this.shown?this.#e(e):h}
      <button
        class="opener more"
        aria-label=${o.filter(i=>i!=="").join(", ")}
        aria-expanded=${this.shown?"true":"false"}
        @click=${()=>{this.toggle()}}
      >
        ${Ln}<span>${t.get("more_short",this.windows.length)}</span>
        ${s>0?d`<span class="unread" data-count=${t.badge(s)}></span>`:h}
      </button>
    `}updated(e){e.has("shown")&&this.shown&&this.shadowRoot?.querySelector(".entry")?.focus()}#e(e){let{strings:t}=e;return d`<ul class="panel menu" role="list" aria-label=${t.get("chats")}>
      ${this.windows.map(s=>{let{conversation:o,contact:i,unread:r}=s,l=i.name===""?t.get("deleted_user"):i.name;return d`<li>
          <button class="entry" aria-label=${t.get("restore_chat",l)} @click=${()=>{this.#n(e,o)}}>
            <gchat-avatar .name=${l} .picture=${i.picture} .status=${e.statusOf(s)}></gchat-avatar>
            <span class="title clip" dir="auto">${l}</span>
            ${r>0?d`<span class="unread" data-count=${t.badge(r)}></span>`:h}
          </button>
        </li>`})}
    </ul>`}#n(e,t){this.shown=!1,e.restore(t)}};var zt=null,Ut=new Set;function ks(n){zt=n;for(let e of Ut)e.scene=n}var Je=class extends k{static properties={scene:{attribute:!1}};#e=null;static styles=[De,E,x`
      :host {
        display: block;
      }
      section {
        display: flex;
        flex-direction: column;
        max-block-size: min(28rem, 80vh);
        margin-inline: -4px;
      }
    `];constructor(){super(),this.scene=null,new S(this,["line"])}connectedCallback(){super.connectedCallback(),Ut.add(this),zt!==null&&(this.scene=zt)}disconnectedCallback(){super.disconnectedCallback(),Ut.delete(this),this.#e?.(),this.#e=null}render(){return this.scene===null?d`<slot></slot>`:d`<span class="accent-probe"></span>
      <section role="region" aria-label=${this.scene.strings.get("globalchat")}>
        <gchat-people .scene=${this.scene}></gchat-people>
      </section>`}updated(){this.#e??=We(this,!0)}};var Dt={arrived:"{$a->name} says: {$a->text}",arrived_many:"{$a->name} has sent {$a->count} new messages",chars_left_one:"{$a} character left",chars_left_other:"{$a} characters left",chat_with:"Chat with {$a}",chats:"Chats",close_chat:"Close chat with {$a}",close_list:"Close the list",connecting:"Connecting…",connection_lost:"Connection lost. Trying again…",deleted_user:"Deleted user",dismiss:"Dismiss",failure_bad_text:"It contains a character that cannot be sent.",failure_chat_not_allowed:"You may not use the chat any more.",failure_conflict:"It could not be matched with what was sent before. Remove it and send it again.",failure_empty_message:"There is nothing in it.",failure_message_too_long:"It is longer than 4,096 characters. Remove it, shorten it and send it again.",failure_not_allowed:"You cannot write to this person.",failure_not_found:"This conversation is not available to you any more.",failure_other:"Something went wrong. Load the page again and try once more.",failure_outbox_unreadable:"Messages that were not sent before you signed out cannot be read any more. Please write them again.",failure_rate_limited:"That was too fast. Wait a moment.",failure_unavailable:"The chat cannot store or read messages just now. Try again in a while.",failure_unknown_recipient:"This person has not used the chat yet.",globalchat:"Global Chat",jump_latest:"Jump to the latest message",loading:"Loading messages…",load_page_again:"Load the page again",message_deleted:"Message deleted",message_meta:"{$a->name}, {$a->time}:",message_to:"Message to {$a}",messages_late:"The messages have not come.",messages_with:"Messages with {$a}",minimise_chat:"Minimise chat with {$a}",more_chats_one:"{$a} more chat",more_chats_other:"{$a} more chats",more_short:"{$a} more",new:"New",new_messages:"New messages",no_connection:"Not connected",nobody_online:"Nobody from your courses is online.",nobody_online_hint:"People appear here as soon as they open a page of this site.",not_connected:"Not connected. Your messages are sent when the connection is back.",not_sent:"Not sent.",offline:"Offline",older_messages:"Show older messages",online:"Online",online_count:"{$a} online",people_online:"People online",person_online:"{$a}, online",remove:"Remove",restore_chat:"Restore chat with {$a}",say_hello:"Say hello to {$a}",say_hello_hint:"This is the start of your conversation.",search_more:"Show more people",search_none:"Nobody online matches “{$a}”.",search_people:"Search people",seen:"Seen",send:"Send",sending:"Sending…",sent:"Sent",stopped_logged_out:"You have been signed out. Sign in again to go on chatting.",stopped_not_allowed:"You may not use the chat on this site. Ask an administrator if you think you should.",stopped_other_user:"Somebody else has signed in with this browser. Load the page again.",stopped_outdated:"The chat has been updated. Load the page again to go on.",stopped_refused:"The chat does not accept this page. Please tell an administrator.",stopped_replaced:"The chat goes on in another tab. Load the page again to use it here.",stopped_too_many:"The chat is open in too many places. Close some of them, then load the page again.",teacher:"Teacher",today:"Today",too_long_one:"Too long by {$a} character. Shorten the message to send it.",too_long_other:"Too long by {$a} characters. Shorten the message to send it.",try_again:"Try again",try_again_now:"Try again now",typing:"{$a} is typing…",unread_one:"{$a} unread message",unread_other:"{$a} unread messages",write_message:"Write a message",yesterday:"Yesterday",you:"You"};var xs={arrived:"{$a->name} diz: {$a->text}",arrived_many:"{$a->name} enviou {$a->count} mensagens novas",chars_left_one:"Resta {$a} carácter",chars_left_other:"Restam {$a} caracteres",chat_with:"Conversa com {$a}",chats:"Conversas",close_chat:"Fechar conversa com {$a}",close_list:"Fechar a lista",connecting:"A ligar…",connection_lost:"Ligação perdida. A tentar de novo…",deleted_user:"Utilizador apagado",dismiss:"Dispensar",failure_bad_text:"Contém um carácter que não pode ser enviado.",failure_chat_not_allowed:"Já não tem permissão para usar o chat.",failure_conflict:"Não corresponde ao que foi enviado antes. Remova-a e envie-a de novo.",failure_empty_message:"Não contém nada.",failure_message_too_long:"Tem mais de 4096 caracteres. Remova-a, encurte-a e envie-a de novo.",failure_not_allowed:"Não pode escrever a esta pessoa.",failure_not_found:"Esta conversa já não está disponível para si.",failure_other:"Algo correu mal. Carregue a página de novo e tente outra vez.",failure_outbox_unreadable:"As mensagens que não foram enviadas antes de a sua sessão terminar já não podem ser lidas. Por favor, escreva-as de novo.",failure_rate_limited:"Foi demasiado rápido. Aguarde um momento.",failure_unavailable:"De momento, o chat não consegue guardar nem ler mensagens. Tente de novo daqui a pouco.",failure_unknown_recipient:"Esta pessoa ainda não usou o chat.",globalchat:"Chat Global",jump_latest:"Ir para a mensagem mais recente",loading:"A carregar mensagens…",load_page_again:"Carregar a página de novo",message_deleted:"Mensagem apagada",message_meta:"{$a->name}, {$a->time}:",message_to:"Mensagem para {$a}",messages_late:"As mensagens não chegaram.",messages_with:"Mensagens com {$a}",minimise_chat:"Minimizar conversa com {$a}",more_chats_one:"Mais {$a} conversa",more_chats_other:"Mais {$a} conversas",more_short:"Mais {$a}",new:"Novas",new_messages:"Mensagens novas",no_connection:"Sem ligação",nobody_online:"Ninguém das suas disciplinas está em linha.",nobody_online_hint:"As pessoas aparecem aqui assim que abrem uma página deste site.",not_connected:"Sem ligação. As suas mensagens serão enviadas quando a ligação voltar.",not_sent:"Não enviada.",offline:"Fora de linha",older_messages:"Mostrar mensagens anteriores",online:"Em linha",online_count:"{$a} em linha",people_online:"Pessoas em linha",person_online:"{$a}, em linha",remove:"Remover",restore_chat:"Restaurar conversa com {$a}",say_hello:"Diga olá a {$a}",say_hello_hint:"Este é o início da vossa conversa.",search_more:"Mostrar mais pessoas",search_none:"Ninguém em linha corresponde a “{$a}”.",search_people:"Pesquisar pessoas",seen:"Vista",send:"Enviar",sending:"A enviar…",sent:"Enviada",stopped_logged_out:"A sua sessão terminou. Inicie sessão de novo para continuar a conversar.",stopped_not_allowed:"Não tem permissão para usar o chat neste site. Se acha que devia ter, fale com um administrador.",stopped_other_user:"Outra pessoa iniciou sessão neste navegador. Carregue a página de novo.",stopped_outdated:"O chat foi atualizado. Carregue a página de novo para continuar.",stopped_refused:"O chat não aceita esta página. Por favor, avise um administrador.",stopped_replaced:"O chat continua noutro separador. Carregue a página de novo para o usar aqui.",stopped_too_many:"O chat está aberto em demasiados sítios. Feche alguns e carregue a página de novo.",teacher:"Docente",today:"Hoje",too_long_one:"{$a} carácter a mais. Encurte a mensagem para a enviar.",too_long_other:"{$a} caracteres a mais. Encurte a mensagem para a enviar.",try_again:"Tentar de novo",try_again_now:"Tentar agora",typing:"{$a} está a escrever…",unread_one:"{$a} mensagem não lida",unread_other:"{$a} mensagens não lidas",write_message:"Escreva uma mensagem",yesterday:"Ontem",you:"Eu"};var _s={en:Dt,pt:xs},Qe=class{locale;#e;constructor(e){let t=e.replaceAll("_","-"),s=t.split("-")[0]?.toLowerCase()??"en";this.#e=_s[s]??Dt,this.locale=wi(_s[s]===void 0?"en":t)}get(e,t){return this.#e[e].replace(/\{\$a(?:->([a-z]+))?\}/g,(s,o)=>t===void 0?s:typeof t=="object"?o===void 0?s:String(t[o]??s):o===void 0?typeof t=="number"?this.number(t):t:s)}count(e,t,s){return this.get(s===1?e:t,s)}number(e){return new Intl.NumberFormat(this.locale).format(e)}badge(e){return e>99?"99+":this.number(e)}};function wi(n){try{return Intl.getCanonicalLocales(n)[0]??"en"}catch{return"en"}}var Xe=class{#e="";constructor(){let e=document.querySelector("head > title");if(e===null)return;new MutationObserver(()=>{document.title.includes(this.#e)||(document.title=`${this.#e}${document.title}`)}).observe(e,{childList:!0,characterData:!0,subtree:!0})}show(e){let t=document.title.replace(this.#e,"");this.#e=e>0?`(${e>99?"99+":e}) `:"";let s=`${this.#e}${t}`;document.title!==s&&(document.title=s)}};var ki={"gchat-avatar":je,"gchat-people":oe,"gchat-composer":ie,"gchat-log":re,"gchat-window":ae,"gchat-launcher":Ge,"gchat-more":Ye,"gchat-dock":be,"gchat-roster":Je};function Ss(n,e,t){let s=new qe(n,new Qe(e.lang)),o=new Xe;s.subscribe(l=>{l.kind==="dock"&&o.show(s.unread)});for(let[l,a]of Object.entries(ki))customElements.get(l)===void 0&&customElements.define(l,a);ks(s);let i=new be;i.scene=s,i.lang=s.strings.locale,t.append(i);let r=()=>{s.post({kind:"visible",visible:document.visibilityState==="visible"})};r(),document.addEventListener("visibilitychange",r),window.addEventListener("pageshow",l=>{l.persisted&&(r(),s.post({kind:"back"}))}),window.addEventListener("pagehide",()=>{s.tell({kind:"flush"}),s.post({kind:"leaving"})})}var $s={now:()=>Date.now(),after(n,e){let t=setTimeout(e,n);return()=>{clearTimeout(t)}},random:()=>Math.random()};var U=class extends Error{constructor(e,t){super(`${e===""?"frame":e} is not ${t}`),this.name="ShapeError"}},g=(n,e)=>{if(typeof n!="string")throw new U(e,"a string");return n},ke=(n,e)=>{if(typeof n!="boolean")throw new U(e,"a boolean");return n},z=n=>(e,t)=>{if(typeof e!="number"||!Number.isSafeInteger(e)||e<n)throw new U(t,`an integer of at least ${n}`);return e},Ze=(...n)=>(e,t)=>{let s=n.find(o=>o===e);if(s===void 0)throw new U(t,`one of ${n.join(", ")}`);return s},le=n=>(e,t)=>e===null?null:n(e,t),O=n=>(e,t)=>{if(!Array.isArray(e))throw new U(t,"an array");return e.map((s,o)=>n(s,`${t}[${o}]`))},xe=n=>({optional:n}),v=n=>(e,t)=>{if(typeof e!="object"||e===null||Array.isArray(e))throw new U(t,"an object");let s=new Map(Object.entries(e)),o={};for(let[i,r]of Object.entries(n)){let l=s.get(i),a=t===""?i:`${t}.${i}`;typeof r=="function"?o[i]=r(l,a):l!=null&&(o[i]=r.optional(l,a))}return o};var xi=3e4,_i=2e4,Si=v({iss:g,sub:g,sid:g,iat:z(0),exp:z(0)}),$i=v({token:g,at:z(0)});function Ci(n){let e=n.split(".")[1];if(e!==void 0)try{let t=atob(e.replaceAll("-","+").replaceAll("_","/")),s=Uint8Array.from(t,o=>o.charCodeAt(0));return Si(JSON.parse(new TextDecoder().decode(s)),"token")}catch{return}}var et=class{#e;#n;#t;#s;#o=null;constructor(e,t,s,o){this.#e=e,this.#n=t,this.#t=s,this.#s=o}async current(){let e=this.#l();return e===void 0?this.fresh():{token:e}}async fresh(){return this.#o??=this.#c().finally(()=>{this.#o=null}),this.#o}discard(){this.#n.keep(null)}#l(){let e=this.#n.load();if(e!==null){try{let{token:t,at:s}=$i(JSON.parse(e),"kept token"),o=this.#r(t,s);if("token"in o&&s<=this.#s.now()&&o.token.ends-xi>this.#s.now())return{...o.token,used:!0}}catch{}this.#n.keep(null)}}#r(e,t){let{site:s,user:o,sid:i}=this.#e,r=Ci(e);if(r?.iss!==s)return{stop:"refused"};if(r.sub!==String(o))return{stop:"other_user"};if(r.sid!==i)return{stop:"outdated"};let l=Math.max(0,r.exp-r.iat)*1e3;return{token:{token:e,ends:t+l,lease:l,used:!1}}}async#c(){let e=this.#s.now(),t=new AbortController,s=this.#s.after(_i,()=>{t.abort()});try{let o=await this.#t(this.#e.tokenUrl,{method:"POST",credentials:"same-origin",cache:"no-store",redirect:"manual",headers:{Accept:"application/json"},signal:t.signal}),i=Ai(o);if(i!==void 0)return i;let r=Ei(await o.json());if(r===void 0)return{later:!0,retryAfter:null};let l=this.#r(r,e);return this.#n.keep("token"in l?JSON.stringify({token:r,at:e}):null),l}catch{return{later:!0,retryAfter:null}}finally{s()}}};function Ei(n){return typeof n=="object"&&n!==null&&"token"in n&&typeof n.token=="string"?n.token:void 0}function Ai(n){if(n.type==="opaqueredirect"||n.status===401)return{stop:"logged_out"};if(n.status>=300&&n.status<400)return{stop:"logged_out"};if(n.status===403)return{stop:"not_allowed"};if(n.status===429||n.status>=500||n.status===408){let e=Number(n.headers.get("Retry-After")??Number.NaN);return{later:!0,retryAfter:Number.isFinite(e)?Math.min(e,600)*1e3:null}}if(!n.ok)return{stop:"refused"};if(n.headers.get("Content-Type")?.includes("html")===!0)return{stop:"logged_out"}}function Cs(n,e){let t=`gchat:${n.site}:${n.user}:${n.sid}`;return{load(){try{return e().getItem(t)}catch{return null}},keep(s){try{let o=e();for(let i of Object.keys(o))i.startsWith(`gchat:${n.site}:`)&&i!==t&&o.removeItem(i);s===null?o.removeItem(t):o.setItem(t,s)}catch{}}}}function Es(n,e){return{clock:$s,crypto:globalThis.crypto,fetch:globalThis.fetch.bind(globalThis),shelf:Cs(n,()=>globalThis.sessionStorage),database:"indexedDB"in globalThis,locks:"locks"in navigator?navigator.locks:void 0,left:e,visible:document.visibilityState==="visible",openSocket:t=>new WebSocket(t),openChannel:t=>"BroadcastChannel"in globalThis?new BroadcastChannel(t):void 0,watchNetwork(t){return globalThis.addEventListener("online",t),()=>{globalThis.removeEventListener("online",t)}},warn(t){console.warn(`gchat: ${t}`)}}}function As(n,e){n[6]=(n[6]??0)&15|e<<4,n[8]=(n[8]??0)&63|128;let t=Array.from(n,s=>s.toString(16).padStart(2,"0")).join("");return[t.slice(0,8),t.slice(8,12),t.slice(12,16),t.slice(16,20),t.slice(20)].join("-")}function Ts(n){let e=new Uint8Array(16);return n(e),As(e,4)}var ce=class{#e;#n;#t=0;constructor(e,t){this.#e=e,this.#n=t}follow(e){let t=Number.parseInt(e.slice(0,8)+e.slice(9,13),16);Number.isFinite(t)&&(this.#t=Math.max(this.#t,t))}next(){let e=new Uint8Array(16);this.#e(e),this.#t=Math.max(this.#t+1,this.#n());let t=this.#t;for(let s=5;s>=0;s-=1)e[s]=t%256,t=Math.floor(t/256);return As(e,7)}};function _e(n){if(/^[A-Za-z0-9_-]{43}$/.test(n))return Uint8Array.from(atob(n.replaceAll("-","+").replaceAll("_","/")),e=>e.charCodeAt(0))}async function Rs(n,e,t){let s=_e(n),{subtle:o}=t;if(s===void 0||o===void 0)return;let i=new TextEncoder,r=await o.importKey("raw",s,"HKDF",!1,["deriveKey"]),l=await o.deriveKey({name:"HKDF",hash:"SHA-256",salt:new Uint8Array,info:i.encode(`gchat copy 1 ${e}`)},r,{name:"AES-GCM",length:256},!1,["encrypt","decrypt"]);return{async seal(a,c){let f=t.getRandomValues(new Uint8Array(12)),u=await o.encrypt({name:"AES-GCM",iv:f,additionalData:i.encode(a)},l,i.encode(JSON.stringify(c)));return{iv:f,data:u}},async open(a,{iv:c,data:f}){try{let u=await o.decrypt({name:"AES-GCM",iv:c,additionalData:i.encode(a)},l,f);return JSON.parse(new TextDecoder().decode(u))}catch{return}}}}var qt=64*1024,de=16,Se=4,tt=class{#e;#n;#t=new Map;#s=0;#o;#l=null;constructor(e){this.#e=e,this.#n=new ce(t=>{e.crypto.getRandomValues(t)},e.now),this.#o=this.#f().catch(()=>{}),this.#d()}port(e){let t=o=>this.#c(o),s=o=>{for(let i of o)this.#t.delete(i)};return{postMessage(o){e.postMessage(t(o))},get onmessage(){return e.onmessage},set onmessage(o){e.onmessage=i=>{i.data.kind==="kept"?s(i.data.deeds):o?.call(e,i)}}}}async collect(){let e=this.#a(),t=await this.#o;if(e===void 0||t===void 0)return[];let s=Ii(e),o=s.slice(0,de),i=s.slice(de);if(o.length<de||i.length>qt)return[];let r=await this.#u(t,o);return Mi(Ms(i,r)).map(a=>this.#c(a))}leave(){let e=this.#l;if(e===null||this.#t.size===0)return;this.#l=null;let t=Ms(Ti([...this.#t.values()]),e.stream),s=new Uint8Array(de+t.length);s.set(e.counter),s.set(t,de);try{this.#e.storage().setItem(this.#r,Pi(s))}catch{}this.#d()}back(){this.#a()}get#r(){let{site:e,user:t,sid:s}=this.#e.config;return`gchat-left:${e}:${t}:${s}`}#c(e){switch(e.kind){case"send":case"draft":case"open":case"restore":case"minimise":case"close":{this.#s+=1;let t={...e,deed:this.#s};return t.kind==="send"&&(t.key===void 0?t.key=this.#n.next():this.#n.follow(t.key)),this.#t.set(this.#s,t),t}default:return e}}#a(){try{let e=this.#e.storage(),t=e.getItem(this.#r)??void 0;for(let s of Object.keys(e))s.startsWith(`gchat-left:${this.#e.config.site}:`)&&e.removeItem(s);return t}catch{return}}async#d(){let e=await this.#o;if(e===void 0)return;let t=new Uint8Array(de);this.#e.crypto.getRandomValues(t.subarray(0,12)),this.#l={counter:t,stream:await this.#u(e,t)}}async#u(e,t){let{subtle:s}=this.#e.crypto;if(s===void 0)return new Uint8Array;let o=new Uint8Array(qt);return new Uint8Array(await s.encrypt({name:"AES-CTR",counter:t,length:32},e,o))}async#f(){let{config:e,crypto:t}=this.#e,s=_e(e.key),{subtle:o}=t;if(s===void 0||o===void 0)return;let i=await o.importKey("raw",s,"HKDF",!1,["deriveKey"]),r=new TextEncoder().encode(`gchat left 1 ${e.site} ${e.user} ${e.sid}`);return o.deriveKey({name:"HKDF",hash:"SHA-256",salt:new Uint8Array,info:r},i,{name:"AES-CTR",length:256},!1,["encrypt"])}};function Ti(n){let e=new Set,t=[],s=qt-Se-2;for(let r of[...n].reverse()){let l=Ri(r);if(l!==null&&e.has(l))continue;let a=new TextEncoder().encode(JSON.stringify(r)).length+1;a>s||(s-=a,t.push(r),l!==null&&e.add(l))}let o=new TextEncoder().encode(JSON.stringify(t.reverse())),i=new Uint8Array(Se+o.length);return new DataView(i.buffer).setUint32(0,Ps(o)),i.set(o,Se),i}function Ri(n){switch(n.kind){case"send":return null;case"draft":return`draft ${n.conversation}`;case"open":return`open ${n.person.id}`;case"restore":case"minimise":case"close":return`window ${n.conversation}`;default:return n.kind}}function Mi(n){if(n.length<=Se)return[];let e=n.slice(Se);return new DataView(n.buffer).getUint32(0)!==Ps(e)?[]:JSON.parse(new TextDecoder().decode(e))}function Ps(n){let e=2166136261;for(let t of n)e=Math.imul(e^t,16777619);return e>>>0}function Ms(n,e){return n.map((t,s)=>t^(e[s]??0))}function Pi(n){let e="";for(let t of n)e+=String.fromCharCode(t);return btoa(e)}function Ii(n){try{return Uint8Array.from(atob(n),e=>e.charCodeAt(0))}catch{return new Uint8Array}}var $e={messages:[],last:0,rev:0,firstSeq:1,loaded:!1};function Nt(n,e){if(e.seq<=n.last)return{talk:n,fresh:[],missing:!1};let t=!n.loaded&&n.messages.length===0;return e.seq!==n.last+1&&!t?{talk:n,fresh:[],missing:!0}:{talk:{...n,messages:[...n.messages,e],last:e.seq,rev:Math.max(n.rev,e.rev)},fresh:[e],missing:!1}}function Vt(n,e){let t={...n,firstSeq:Math.max(n.firstSeq,e.firstSeq)};switch(e.asked){case"newest":return Os(t,e);case"before":return{talk:Oi(t,e.messages),fresh:[],missing:!1};case"after":{let s=Ls(t,e.messages);return{...s,...js(s.talk,e.seq,e.rev,e.messages.length>0)}}}}function Is(n,e){let t={firstSeq:e.first_seq,seq:e.seq,rev:e.rev,messages:e.messages};if(e.reset){let s=e.messages.filter(o=>n.loaded&&o.seq>n.last);return{...Os($e,{...t,asked:"newest"}),fresh:s}}return Vt(n,{...t,asked:"after"})}function Os(n,e){let t=e.messages.at(-1)?.seq??0,s={...n,loaded:!0,messages:e.messages,last:e.messages.length>0?t:e.seq},o=Ls(s,n.messages),i=e.messages.filter(a=>n.loaded&&a.seq>n.last),{talk:r,missing:l}=js(o.talk,e.seq,e.rev,!0);return{talk:r,fresh:i,missing:l||o.missing}}function Ls(n,e){let t={talk:n,fresh:[],missing:!1};for(let s of e){let o=Nt(t.talk,s);t={talk:o.talk,fresh:[...t.fresh,...o.fresh],missing:t.missing||o.missing}}return t}function js(n,e,t,s){return n.last>=e?{talk:{...n,rev:Math.max(n.rev,t)},missing:!1}:{talk:n,missing:s}}function Oi(n,e){let t=n.messages[0];if(t===void 0)return n;let s=e.at(-1);return s===void 0?{...n,firstSeq:t.seq}:s.seq===t.seq-1?{...n,messages:[...e,...n.messages]}:n}function zs(n){let e=n.messages[0];return e!==void 0&&e.seq>n.firstSeq}var Li=50,ji=20,nt=class{#e;#n;#t;#s;#o=new Map;#l=null;#r=null;#c=null;constructor(e,t,s,o){this.#t=e,this.#e=t,this.#n=s,this.#s=o}async load(e){let[t,s]=[this.#e,this.#n];if(!(t===void 0||s===void 0))try{let{site:o,user:i,sid:r}=this.#t,l=await t.getAll("copies",IDBKeyRange.bound([o,i,r],[o,i,r,[]])),a=new Map;return await Promise.all(l.map(async c=>a.set(c.part,await s.open(this.#d(c.part),c)))),Ui(a,e)}catch{return}}keep(e){this.#e===void 0||this.#n===void 0||(this.#l=e,this.#r??=this.#s.after(ji,()=>{this.flush()}))}flush(){return this.#r?.(),this.#r=null,this.#c??=this.#a().finally(()=>{this.#c=null}),this.#c}async#a(){for(;this.#l!==null;){let e=this.#l;this.#l=null;try{await this.#u(e)}catch{}}}#d(e){let{site:t,user:s,sid:o}=this.#t;return JSON.stringify(["copy",t,s,o,e])}async#u({state:e,drafts:t,changes:s}){let[o,i]=[this.#e,this.#n];if(o===void 0||i===void 0)return;let r=new Map([["drafts",[t,()=>[...t]]],["changes",[JSON.stringify(s),()=>s]],["windows",[e.windows,()=>Us(e)]],["rosters",[e.rosters,()=>Us(e)]]]);for(let{conversation:b}of e.windows){let A=e.talks.get(b);A?.loaded===!0&&r.set(`talk:${b}`,[A,()=>zi(A)])}let l=[...r].filter(([b,[A]])=>this.#o.get(b)!==A),{site:a,user:c,sid:f}=this.#t,u=new Map;for(let[b,[,A]]of l){let W=b==="windows"||b==="rosters"?"dock":b;u.has(W)||u.set(W,{site:a,user:c,sid:f,part:W,...await i.seal(this.#d(W),A())})}let m=[...this.#o.keys()].filter(b=>!r.has(b));if(u.size===0&&m.length===0)return;let{store:p,done:w}=o.transaction("copies","readwrite");for(let b of u.values())p.put(b);for(let b of m)p.delete([a,c,f,b]);await w;for(let b of m)this.#o.delete(b);for(let[b,[A]]of l)this.#o.set(b,A)}};function Us(n){let{epoch:e,boot:t,circles:s,dockVersion:o,windows:i}=n;return{format:1,state:{epoch:e,boot:t,circles:s,dockVersion:o,windows:i},rosters:[...n.rosters].map(([r,l])=>[r,{version:l.version,total:l.total,contacts:[...l.contacts.values()]}])}}function zi(n){return{...n,messages:n.messages.slice(-Li)}}function Ui(n,e){let t=n.get("dock");if(t?.format!==1)return;let s=new Map;for(let{conversation:o}of t.state.windows){let i=n.get(`talk:${o}`);i!==void 0&&s.set(o,{...$e,...i})}return{state:{...e,...t.state,rosters:new Map(t.rosters.map(([o,{version:i,total:r,contacts:l}])=>[o,{version:i,total:r,contacts:new Map(l.map(a=>[a.id,a]))}])),talks:s,welcomed:!0},drafts:new Map(n.get("drafts")??[]),changes:n.get("changes")??[]}}var Vs=1,C=z(1),y=z(0),Hs=Ze("teacher","student"),Fs=Ze("online","offline"),Bt={id:C,name:g,picture:le(g),profile_url:le(g)},Ht=v({...Bt,role:Hs}),Di=v({...Bt,status:Fs}),Ds=v({id:g,role:Hs,title:g}),Ft=v({seq:z(1),rev:y,sender:C,client_message_id:le(g),text:le(g),sent_at:y}),qs=v({conversation:g,state:Ze("open","minimised"),contact:Di,first_seq:y,seq:y,rev:y,read_seq:y,other_read_seq:y,unread:y}),qi=v({conversation:g,reset:ke,first_seq:y,seq:y,rev:y,messages:O(Ft),more:ke}),Ni=v({frame_bytes:C,message_chars:C,messages_per_second:C,message_burst:C,history_page:C,dock_windows:C,roster_window:C}),_=(n,e)=>(t,s)=>({type:n,...e(t,s)}),Ns={welcome:_("welcome",v({protocol:z(1),epoch:g,boot:g,server_time:y,lease_ends:y,user:v({...Bt,hidden:ke}),circles:O(Ds),dock:v({version:y,windows:O(qs)}),gaps:O(qi),limits:Ni})),renewed:_("renewed",v({lease_ends:y})),circles:_("circles",v({circles:O(Ds)})),roster:_("roster",v({circle:g,version:y,total:y,contacts:O(Ht)})),roster_diff:_("roster_diff",v({circle:g,from:y,version:y,total:y,joined:O(Ht),left:O(C)})),presence:_("presence",v({user:C,status:Fs})),contacts:_("contacts",v({request:C,contacts:O(Ht),next:le(g)})),ack:_("ack",v({client_message_id:g,conversation:g,seq:z(1),rev:y,sent_at:y})),message:_("message",v({conversation:g,message:Ft})),history:_("history",v({request:C,conversation:g,first_seq:y,seq:y,rev:y,messages:O(Ft)})),read:_("read",v({conversation:g,user:C,seq:y})),typing:_("typing",v({conversation:g,user:C})),dock:_("dock",v({version:y,windows:O(qs)})),reset:_("reset",v({conversation:g})),error:_("error",v({code:g,message:g,final:ke,request:xe(z(1)),client_message_id:xe(g),conversation:xe(g),retry_after_ms:xe(y)})),drain:_("drain",v({retry_after_ms:y})),ping:_("ping",v({})),pong:_("pong",v({}))};var Vi=new Set(["unsupported_protocol","hello_expected","bad_token","token_expired","token_early","wrong_origin","wrong_user","logged_out","chat_not_allowed"]);function Bs(n){return Vi.has(n)}var Hi={4001:{name:"lease ended",comeBack:!0,freshToken:!0},4002:{name:"slow",comeBack:!0,freshToken:!1},4003:{name:"silent",comeBack:!0,freshToken:!1},4004:{name:"no hello",comeBack:!0,freshToken:!1},4010:{name:"token expired",comeBack:!0,freshToken:!0},4400:{name:"protocol violation",comeBack:!1,reason:"refused"},4401:{name:"token refused",comeBack:!1,reason:"refused"},4403:{name:"chat not allowed",comeBack:!1,reason:"not_allowed"},4406:{name:"unsupported protocol",comeBack:!1,reason:"outdated"},4408:{name:"too many connections",comeBack:!1,reason:"too_many"},4409:{name:"replaced",comeBack:!1,reason:"replaced"},4410:{name:"logged out",comeBack:!1,reason:"logged_out"},4411:{name:"other user",comeBack:!1,reason:"other_user"},4413:{name:"frame too large",comeBack:!1,reason:"refused"},4429:{name:"flood",comeBack:!1,reason:"refused"}};function Ws(n){let e=Hi[n];return e!==void 0?e:n>=4400&&n<=4499?{name:`close ${n}`,comeBack:!1,reason:"refused"}:{name:`close ${n}`,comeBack:!0,freshToken:!1}}var st={frame_bytes:65536,message_chars:4096,messages_per_second:10,message_burst:20,history_page:100,dock_windows:20,roster_window:100},Ks=100;function Gs(n){if(typeof n!="string")return{problem:"a binary message"};try{let e=JSON.parse(n),t=typeof e=="object"&&e!==null&&"type"in e?e.type:void 0;if(typeof t!="string"||!Object.hasOwn(Ns,t))return{problem:"a frame of an unknown type"};let s=t;try{return{frame:Ns[s](e,"")}}catch(o){if(o instanceof U)return{problem:`a malformed ${s} frame: ${o.message}`};throw o}}catch{return{problem:"a message that is no JSON"}}}function ot(n,e){return n<e?`${n}-${e}`:`${e}-${n}`}function Ys(n,e){let t=/^([1-9]\d*)-([1-9]\d*)$/.exec(n);if(t===null)return;let[s,o]=[Number(t[1]),Number(t[2])];if(!(s>=o))return s===e?o:o===e?s:void 0}function Js(n,e){let t=new Map(e.contacts.map(s=>[s.id,s]));return new Map(n).set(e.circle,{version:e.version,total:e.total,contacts:t})}function Qs(n,e){let t=n.get(e.circle);if(t?.version!==e.from)return{rosters:n,ask:t?.version!==e.version};let s=new Map(t.contacts);for(let o of e.left)s.delete(o);for(let o of e.joined)s.set(o.id,o);return{rosters:new Map(n).set(e.circle,{version:e.version,total:e.total,contacts:s}),ask:!1}}function Wt(n,e){let t=new Set(e.map(s=>s.id));return new Map([...n].filter(([s])=>t.has(s)))}function Xs(n){return new Map([...n].map(([e,t])=>[e,{...t,version:null}]))}function it(n){return[...n].flatMap(([e,{version:t}])=>t===null?[]:[{circle:e,version:t}])}function Zs(n,e,t,s){let o=new Map;for(let r of n)for(let l of e.get(r.id)?.contacts.values()??[]){if(l.id===t)continue;let a=o.get(l.id);if(a!==void 0){l.role==="teacher"&&(a.role="teacher"),a.circles.includes(r.title)||a.circles.push(r.title);continue}o.set(l.id,Kt(t,l,[r.title]))}let i=(r,l)=>+(l.role==="teacher")-+(r.role==="teacher")||s(r.name,l.name)||r.id-l.id;return{people:[...o.values()].sort(i),known:n.every(r=>e.has(r.id)),more:[...e.values()].some(r=>r.total>r.contacts.size)}}function eo(n){try{return new Intl.Collator(n.replaceAll("_","-"),{sensitivity:"base",numeric:!0}).compare}catch{return new Intl.Collator("en",{sensitivity:"base",numeric:!0}).compare}}function Kt(n,e,t){return{id:e.id,conversation:ot(n,e.id),name:e.name,picture:e.picture,profileUrl:e.profile_url,role:e.role,circles:t,status:"online"}}var Gt=5e3,to=100;function rt(n){return{me:n,epoch:null,boot:null,circles:[],rosters:new Map,dockVersion:0,windows:[],talks:new Map,typing:new Map,limits:st,welcomed:!1}}var M=n=>({state:n,asks:[],arrived:[],committed:[]});function Yt(n,e,t){switch(e.type){case"welcome":return Fi(n,e);case"circles":return M({...n,circles:e.circles,rosters:Wt(n.rosters,e.circles)});case"roster":return n.circles.some(s=>s.id===e.circle)?M({...n,rosters:Js(n.rosters,e)}):M(n);case"roster_diff":{if(!n.circles.some(i=>i.id===e.circle))return M(n);let{rosters:s,ask:o}=Qs(n.rosters,e);return{...M({...n,rosters:s}),asks:o?[{kind:"roster",circle:e.circle}]:[]}}case"presence":return M({...n,windows:n.windows.map(s=>s.contact.id===e.user?{...s,contact:{...s.contact,status:e.status}}:s)});case"message":return Qt(n,e.conversation,Nt(D(n,e.conversation),e.message),!0);case"read":return M(at(n,e.conversation,e.user,e.seq));case"typing":return e.user===n.me?M(n):M({...n,typing:new Map(n.typing).set(e.conversation,t+Gt)});case"dock":return M(Bi(n,e.version,e.windows));case"reset":return Wi(n,e.conversation);default:return M(n)}}function Jt(n,e,t){return Qt(n,e,Vt(D(n,e),t),t.asked==="after")}function D(n,e){return n.talks.get(e)??$e}function P(n,e){return n.windows.find(t=>t.conversation===e)}function no(n,e){let t=new Map([...n.typing].filter(([,s])=>s>e));return t.size===n.typing.size?n:{...n,typing:t}}function so(n,e){if(n.epoch===null)return;let t=[...n.talks].filter(([,s])=>s.loaded).map(([s,o])=>({conversation:s,rev:o.rev,seq:o.last}));return{epoch:n.epoch,conversations:t.slice(-e)}}function oo(n){let e=it(n.rosters);return n.boot===null||e.length===0?void 0:{boot:n.boot,versions:e}}function Fi(n,e){let t=n.epoch===e.epoch,s={...n,epoch:e.epoch,boot:e.boot,circles:e.circles,rosters:Wt(n.boot===e.boot?n.rosters:Xs(n.rosters),e.circles),talks:t?n.talks:new Map,dockVersion:e.dock.version,windows:e.dock.windows,limits:e.limits,welcomed:!0},o=[];for(let r of e.gaps){let l=Qt(s,r.conversation,Is(D(n,r.conversation),r),!0);o.push(l),s=l.state}let i=new Map([...s.talks].filter(([,r])=>r.loaded));return{state:{...s,talks:i},asks:o.flatMap(r=>r.asks),arrived:o.flatMap(r=>r.arrived),committed:o.flatMap(r=>r.committed)}}function Bi(n,e,t){let s=o=>{let i=D(n,o.conversation);return i.last>o.seq?io(o,{talk:i,fresh:i.messages,missing:!1},n.me):o};return{...n,dockVersion:e,windows:t.map(s)}}function Wi(n,e){if(!n.talks.has(e))return M(n);let t=new Map(n.talks);return t.delete(e),{...M({...n,talks:t}),asks:[{kind:"history",conversation:e}]}}function Qt(n,e,t,s){let o=new Map(n.talks);o.delete(e),o.set(e,t.talk);let i=t.fresh.filter(l=>l.sender!==n.me),r=new Map(n.typing);return i.length>0&&r.delete(e),{state:{...n,talks:o,typing:r,windows:n.windows.map(l=>l.conversation===e?io(l,t,n.me):l)},asks:t.missing?[{kind:"history",conversation:e,after:t.talk.last}]:[],arrived:s?i.map(l=>({conversation:e,message:l})):[],committed:t.talk.messages.flatMap(({sender:l,client_message_id:a})=>l===n.me&&a!==null?[a]:[])}}function io(n,{talk:e,fresh:t},s){let i=t.filter(r=>r.seq>n.seq).filter(r=>r.sender!==s&&r.seq>n.read_seq).length;return{...n,first_seq:Math.max(n.first_seq,e.firstSeq),seq:Math.max(n.seq,e.last),rev:Math.max(n.rev,e.rev),unread:Math.min(to,n.unread+i)}}function at(n,e,t,s){return{...n,windows:n.windows.map(o=>o.conversation!==e?o:t!==n.me?{...o,other_read_seq:Math.max(o.other_read_seq,s)}:s<=o.read_seq?o:{...o,read_seq:s,unread:Ki(o,s,D(n,e),n.me)})}}function Ki(n,e,t,s){let o=Math.max(n.seq,t.last),i=t.messages[0];if(i!==void 0&&i.seq<=e+1&&t.last>=o){let r=t.messages.filter(l=>l.seq>e&&l.sender!==s).length;return Math.min(to,r)}return Math.max(0,Math.min(n.unread,o-e))}var Gi=3;function ro(n,e,t){let s=n.filter(({message:o})=>o.text!==null&&o.sent_at>=t);return[...new Set(s.map(o=>o.conversation))].flatMap(o=>{let i=s.flatMap(a=>a.conversation===o?[a.message.text??""]:[]),r=P(e,o)?.contact.name??"",l=i.length<=Gi?i:i.slice(-1);return l.map(a=>({kind:"arrived",conversation:o,from:r,text:a,count:i.length/l.length}))})}var lt=class{#e=new Map;get wanted(){return this.#e}want(e,t,s,o,i){let r=this.#e.get(e);this.#e.set(e,{state:t,contact:s??r?.contact??null,base:r===void 0||r.sent===null?o:r.base,seen:i,sent:r?.sent??null,misses:r?.misses??0})}get kept(){return[...this.#e].map(([e,{state:t,contact:s,base:o,seen:i}])=>({conversation:e,state:t,contact:s,base:o,seen:i}))}restore(e){for(let{conversation:t,state:s,contact:o,base:i,seen:r}of e)this.want(t,s,o,i,r)}sendWaiting(e){for(let[t,s]of this.#e){if(s.sent!==null)continue;let{state:o,base:i,seen:r}=s,l={type:"dock",conversation:t,state:o,base:i};e(o==="closed"?{...l,seen:r}:l)&&(s.sent=o)}}answered(e,t){for(let[s,o]of this.#e){let i=t.find(r=>r.conversation===s)?.state??"closed";if(o.sent===null){i===o.state&&this.#e.delete(s);continue}o.misses+=1,!(i!==o.sent&&o.misses<2)&&(o.state===o.sent?this.#e.delete(s):Object.assign(o,{sent:null,misses:0,base:e}))}}drop(e){this.#e.delete(e)}unsend(){for(let e of this.#e.values())Object.assign(e,{sent:null,misses:0})}get waiting(){return[...this.#e.values()].some(e=>e.sent!==null)}};var ao=1e5,Yi=5e3,Ji=15e3,Qi=500,Xi=3e4;function Zi(n,e){return e*Math.min(Xi,Qi*2**Math.min(n,16))}var ct=class{#e;#n;#t=null;#s=null;#o={state:"connecting"};#l=0;#r=0;#c=!1;#a=0;#d=0;#u=!1;#f=null;#g=null;#v=null;#i=null;#p=null;constructor(e,t){this.#e=e,this.#n=t}get line(){return this.#o}get online(){return this.#o.state==="online"}start(){this.#t===null&&!this.#c&&this.#f===null&&this.#y()}send(e){return this.online&&this.#S(e)}wake(){this.#o.state!=="stopped"&&(this.#t!==null?this.probe():!this.#c&&this.#e.clock.now()>=this.#d&&(this.#l=0,this.#y()))}restart(){this.#o.state!=="stopped"&&(this.#$(),this.#l=0,this.#E({state:"connecting"}),this.#y())}probe(){!this.online||this.#i!==null||(this.#S({type:"ping"}),this.#i=this.#e.clock.after(Yi,()=>{this.#_("a probe without answer",null)}))}stop(e){this.#$(),this.#e.tokens.discard(),this.#E({state:"stopped",reason:e})}end(){this.#$()}async#y(){this.#$();let e=this.#r+=1;this.#c=!0;let t=await this.#e.tokens.current();if(e!==this.#r)return;if(this.#c=!1,"stop"in t){this.stop(t.stop);return}if("later"in t){this.#M(t.retryAfter);return}this.#s=t.token;let s;try{s=this.#e.open(this.#e.url)}catch{this.#e.warn("the socket cannot be opened: check data-server and the page's Content-Security-Policy"),this.stop("refused");return}this.#t=s,s.onopen=()=>{let{session:o}=this.#e;this.#S({type:"hello",protocol:Vs,token:t.token.token,session:o,...this.#n.hello()})},s.onmessage=o=>{this.#b(o.data)},s.onclose=o=>{this.#R(o.code)},this.#g=this.#e.clock.after(Ji,()=>{this.#_("no welcome",null)})}#b(e){this.#a=this.#e.clock.now(),this.#i?.(),this.#i=null;let t=Gs(e);if("problem"in t){this.#e.warn(`passed over ${t.problem}`);return}let{frame:s}=t;switch(s.type){case"ping":this.#S({type:"pong"});return;case"pong":return;case"welcome":this.#m(s);return;case"renewed":this.#k();return;case"drain":this.#d=this.#e.clock.now()+s.retry_after_ms;return;case"error":s.code==="token_expired"&&this.#e.tokens.discard();break;default:break}this.#n.frame(s)}#m(e){this.#g?.(),this.#g=null,this.#l=0,this.#u=!1,this.#d=0,this.#h(),this.#k(),this.#o={state:"online"},this.#n.frame(e),this.#n.line(this.#o)}#h(){this.#v?.();let e=this.#a+ao-this.#e.clock.now();this.#v=this.#e.clock.after(Math.max(0,e),()=>{this.#e.clock.now()-this.#a>=ao?this.#_("silence",null):this.#h()})}#k(){this.#p?.();let{clock:e}=this.#e;if(this.#s===null)return;let{ends:t,lease:s}=this.#s,o=t-e.now(),i=o-s*(.2+.2*e.random());this.#x(i>0?i:e.random()*Math.max(0,o)*.5)}#x(e){this.#p=this.#e.clock.after(e,()=>{this.#T()})}async#T(){let e=this.#r,t=await this.#e.tokens.fresh();e!==this.#r||this.#t===null||("stop"in t?this.stop(t.stop):"later"in t?this.#x(t.retryAfter??5e3+this.#e.clock.random()*25e3):(this.#s=t.token,this.#S({type:"renew",token:t.token.token}),this.#k()))}#R(e){let t=Ws(e);t.comeBack?(t.freshToken&&this.#e.tokens.discard(),this.#_(t.name,this.#d>0?Math.max(0,this.#d-this.#e.clock.now()):null)):t.reason==="refused"&&e===4401&&this.#s?.used===!0&&!this.#u?(this.#u=!0,this.#e.tokens.discard(),this.#_(t.name,0)):(this.#e.warn(`the server closed: ${t.name}`),this.stop(t.reason))}#_(e,t){this.online&&this.#e.warn(`connection lost: ${e}`),this.#$(),this.#M(t)}#M(e){let{clock:t}=this.#e,s=e??Zi(this.#l,t.random());this.#l+=1,this.#f?.(),this.#f=t.after(s,()=>{this.#y()}),this.#E({state:"lost"})}#E(e){this.#o=e,this.#n.line(e)}#S(e){try{return this.#t?.send(JSON.stringify(e)),this.#t!==null}catch{return!1}}#$(){this.#r+=1,this.#c=!1;for(let t of[this.#f,this.#g,this.#v,this.#i,this.#p])t?.();this.#f=this.#g=this.#v=this.#i=this.#p=null;let e=this.#t;this.#t=null,e!==null&&(e.onopen=e.onmessage=e.onclose=null,e.onerror=null,e.close(1e3))}};function lo(n){return`${n.replace(/^http/,"ws")}ws`}var dt=class{#e=[];#n=[];#t;#s;#o=!1;constructor(e,t){this.#t=e,this.#s=t}storing(e){this.#n.push(e)}done(e){this.#e.push(e),this.#o||this.#l()}async#l(){for(this.#o=!0;this.#e.length>0;){let[e,t]=[this.#e.splice(0),this.#n.splice(0)];await Promise.all([...t,this.#t()]),this.#s({kind:"kept",deeds:e})}this.#o=!1}};var ut=class{#e;#n=new Set;constructor(e){this.#e=e}get late(){return this.#n}get unloaded(){let e=this.#e.state();return new Set(this.#e.open().filter(t=>!D(e,t).loaded))}askFirst(){for(let e of this.unloaded)this.#t(e,"newest",0)}askAfter(e,t){this.#t(e,"after",t)}askOlder(e){this.#n.delete(e)&&this.#e.changed(e);let{loaded:t,messages:s}=D(this.#e.state(),e);t?s[0]!==void 0&&this.#t(e,"before",s[0].seq):this.askFirst()}again(e){this.#e.requests.ask(e,this.#e.state().limits.history_page)}cameNot(e){if(e.asked==="after"){this.again(e);return}this.#n.add(e.conversation),this.#e.changed(e.conversation)}came(e){this.#n.delete(e)}clear(){this.#n.clear()}#t(e,t,s){this.again({kind:"history",conversation:e,asked:t,seq:s})}};var er=5e3,tr=15e3,nr=1e3;function sr(n){return n.replace(/\p{Surrogate}/gu,"�").replaceAll("\0","").trim()}var ht=class{#e;#n;#t=new Map;#s=new Map;#o=new Set;#l=new Set;#r=new Set;#c=st.message_chars;#a=!1;#d=!1;#u=null;#f=!1;constructor(e){this.#e=e,this.#n=new ce(e.random,()=>e.clock.now()),e.channel!==void 0&&(e.channel.onmessage=()=>{this.load()})}get pending(){return[...this.#t.values()].sort((e,t)=>e.id<t.id?-1:1)}async load(){let{database:e,vault:t,config:s}=this.#e;if(!(e===void 0||t===void 0)){try{let o=[...this.#t.values()].filter(({id:a,acked:c})=>c!==!0&&!this.#o.has(a)),i=await e.getAllFromIndex("outbox","owner",[s.site,s.user]),r=new Map,l=[];for(let a of i){let c=await t.open(this.#g(a.id),a);c===void 0?l.push(a.id):r.set(a.id,{id:a.id,...c})}for(let{id:a,failure:c}of o)r.has(a)||(c===null?this.#b(a):this.#y(a));for(let[a,c]of r)this.#r.has(a)||this.#o.has(a)||(this.#n.follow(a),this.#t.set(a,c));l.length>0&&await this.#x(e,l)}catch{}this.#e.changed(),this.#h()}}async add(e,t,s=this.#n.next()){let o=sr(t);if(o===""||this.#t.has(s)||this.#r.has(s))return;this.#n.follow(s);let i=this.#e.clock.now()+this.#e.skew(),r=Array.from(o).length>this.#c?"message_too_long":null;await this.#v({id:s,conversation:e,text:o,writtenAt:i,failure:r})}async retry(e){let t=this.#t.get(e);t===void 0||t.failure===null||(await this.#i(e),await this.add(t.conversation,t.text))}async discard(e){let t=this.#t.get(e);if(!(t===void 0||t.failure===null))return await this.#i(e),t.text}online(e){if(this.#c=e,this.#a=!0,this.#u!==null){this.#h();return}let{locks:t,database:s,vault:o,config:i}=this.#e;if(t===void 0||s===void 0||o===void 0){this.#u=()=>{},this.#d=!0,this.#h();return}let r=new AbortController,l=()=>{},a=new Promise(c=>l=c);this.#u=()=>{r.abort(),l()},t.request(`gchat outbox ${i.site} ${i.user}`,{signal:r.signal},async()=>{r.signal.aborted||(this.#d=!0,await this.load(),await a)}).catch(()=>{})}offline(){this.#a=!1,this.#d=!1,this.#u?.(),this.#u=null;for(let{cancels:e}of this.#s.values())for(let t of e)t();this.#s.clear()}acked(e){let t=this.#t.get(e);t!==void 0&&(this.#r.add(e),this.#m(t),this.#t.set(e,{...t,failure:null,acked:!0}),this.#e.changed(),this.#h(),this.#p(e))}committed(e){this.#t.has(e)&&this.#i(e)}refused(e){let t=this.#t.get(e.client_message_id??"");if(t===void 0)return!1;if(e.final)return this.#m(t),this.#v({...t,failure:e.code}),!0;let s=this.#s.get(t.conversation);if(s?.id===t.id){for(let i of s.cancels)i();let o=(e.retry_after_ms??nr)+this.#e.clock.random()*200;s.cancels=[this.#e.clock.after(o,()=>{this.#m(t),this.#h()})]}return!0}end(){this.offline(),this.#e.channel?.close()}#g(e){return JSON.stringify(["outbox",this.#e.config.site,this.#e.config.user,e])}async#v(e){let{database:t,vault:s,config:o}=this.#e;if(this.#t.set(e.id,e),this.#o.add(e.id),this.#e.changed(),t!==void 0&&s!==void 0)try{let{id:i,conversation:r,text:l,writtenAt:a,failure:c}=e,f=await s.seal(this.#g(i),{conversation:r,text:l,writtenAt:a,failure:c});await t.put("outbox",{id:i,site:o.site,user:o.user,...f}),this.#o.delete(i),this.#e.channel?.postMessage("changed")}catch{}this.#l.add(e.id),this.#h()}async#i(e){this.#r.add(e),this.#y(e),this.#e.changed(),this.#h(),await this.#p(e),this.#e.channel?.postMessage("changed")}async#p(e){await this.#e.kept();try{await this.#e.database?.delete("outbox",e)}catch{}}#y(e){let t=this.#t.get(e);t!==void 0&&(this.#m(t),this.#t.delete(e),this.#o.delete(e))}#b(e){let t=this.#t.get(e);t!==void 0&&(this.#m(t),this.#t.set(e,{...t,acked:!0}))}#m(e){let t=this.#s.get(e.conversation);if(t?.id===e.id){for(let s of t.cancels)s();this.#s.delete(e.conversation)}}#h(){if(!this.#a)return;let e=new Set;for(let t of this.pending)t.failure!==null||t.acked===!0||e.has(t.conversation)||(e.add(t.conversation),this.#s.has(t.conversation))||(this.#o.has(t.id)?!this.#l.has(t.id):!this.#d)||this.#k(t)}#k(e){let{id:t,conversation:s,text:o}=e;if(!this.#e.send({type:"send",client_message_id:t,conversation:s,text:o}))return;let{clock:i}=this.#e;this.#s.set(s,{id:t,cancels:[i.after(er,()=>{this.#e.late()}),i.after(tr,()=>{this.#m(e),this.#h()})]})}async#x(e,t){for(let s of t)await e.delete("outbox",s);this.#f||this.#e.lost(t.length),this.#f=!0}};function pt(n){let{state:e,wanted:t,drafts:s,now:o}=n,i=[],r=(l,a,c,f)=>{i.push({conversation:l,state:a,contact:{id:c.id,name:c.name,picture:c.picture,profileUrl:c.profile_url,status:c.status},unread:f,draft:s.get(l)??"",typing:(e.typing.get(l)??0)>o})};for(let l of e.windows){let a=t.get(l.conversation)?.state??l.state;a!=="closed"&&r(l.conversation,a,l.contact,l.unread)}for(let[l,{state:a,contact:c}]of t)a==="closed"||c===null||P(e,l)!==void 0||r(l,a,c,0);return{windows:i,unread:i.reduce((l,a)=>l+a.unread,0)}}function co(n,e){let{state:t,pending:s,loading:o,late:i}=n,r=D(t,e),l=P(t,e),a=l?.other_read_seq??0,c=new Set,f=r.messages.map(u=>{let m=u.sender===t.me;return m&&u.client_message_id!==null&&c.add(u.client_message_id),{key:u.client_message_id??`seq:${u.seq}`,seq:u.seq,mine:m,text:u.text,sentAt:u.sent_at,...m?{delivery:u.seq<=a?"seen":"sent"}:{}}});for(let u of s)u.conversation!==e||c.has(u.id)||f.push({key:u.id,seq:0,mine:!0,text:u.text,sentAt:u.writtenAt,...u.failure===null?{delivery:u.acked===!0?"sent":"sending"}:{delivery:"failed",failure:u.failure}});return{conversation:e,messages:f,older:zs(r),loading:o.has(e)&&!r.loaded&&f.length===0,late:i.has(e),readSeq:l?.read_seq??0}}var ft=class{#e;#n=new Set;#t=!1;constructor(e){this.#e=e}mark(e){this.#n.add(e),!this.#t&&(this.#t=!0,queueMicrotask(()=>{this.#s()}))}all(){this.#n=new Set(["line","roster","dock"]);for(let{conversation:e}of this.#e.known().state.windows)this.#n.add(`talk:${e}`);this.#s()}#s(){this.#t=!1;let e=this.#n;this.#n=new Set;let{post:t}=this.#e;e.has("line")&&t({kind:"line",line:this.#e.line()}),e.has("roster")&&t({kind:"roster",roster:this.#e.roster()});let s=this.#e.known(),o=pt(s),i=new Set(o.windows.map(r=>r.conversation));for(let r of e){if(!r.startsWith("talk:"))continue;let l=r.slice(5);i.has(l)&&t({kind:"conversation",view:co(s,l)})}e.has("dock")&&t({kind:"dock",...o})}};var mt=class{#e=new Map;#n;#t;#s;#o=0;constructor(e,t,s){this.#n=e,this.#t=t,this.#s=s}ask(e,t){for(let{question:i}of this.#e.values()){if(i.kind==="search"&&e.kind==="search")return!1;if(!(i.kind!=="history"||e.kind!=="history")&&i.conversation===e.conversation&&i.asked===e.asked)return!0}let s=this.#o+1;if(!this.#n(or(s,e,t)))return!1;this.#o=s;let o=this.#t.after(1e4,()=>{this.#e.delete(s),this.#s(e)});return this.#e.set(s,{question:e,cancel:o}),!0}answered(e){if(e===void 0)return;let t=this.#e.get(e);return this.#e.delete(e),t?.cancel(),t?.question}clear(){for(let{cancel:e}of this.#e.values())e();this.#e.clear()}};function or(n,e,t){if(e.kind==="search")return{type:"search",request:n,text:e.text,next:e.next,limit:50};let{conversation:s,asked:o,seq:i}=e,r=Math.min(50,t);switch(o){case"newest":return{type:"history",request:n,conversation:s,limit:r};case"before":return{type:"history",request:n,conversation:s,before:i,limit:r};case"after":return{type:"history",request:n,conversation:s,after:i,limit:t}}}var gt=class{#e;#n=null;#t=null;constructor(e){this.#e=e}wish(e,t){this.#n={text:e.slice(0,100),more:t},this.go()}go(){let e=this.#n;if(e===null)return;let t=e.more&&this.#t?.text===e.text?this.#t.next:null;if(e.more&&t===null){this.#n=null;return}this.#e.ask({kind:"search",text:e.text,next:t})&&(this.#n=null)}forget(){this.#n=null}came(e,{contacts:t,next:s}){if(this.#t={text:e.text,next:s},this.#n===null){let[o,i]=[s!==null,e.next!==null];this.#e.post({kind:"found",text:e.text,people:this.#s(t),more:o,append:i})}this.go()}#s(e){let{me:t}=this.#e,s=new Map(this.#e.people().map(o=>[o.id,o]));return e.filter(o=>o.id!==t).map(o=>Kt(t,o,s.get(o.id)?.circles??[]))}};var ir=2e3,rr=5e3,ar=1500,vt=class{#e;#n;#t;#s;#o;#l;#r=new lt;#c;#a;#d;#u;#f;#g;#v;#i;#p;#y;#b=0;#m;#h=Number.POSITIVE_INFINITY;#k=new Map;#x=new Map;#T=null;#R=null;constructor(e,t,s,{database:o,vault:i,keeper:r,copy:l}){this.#e=e,this.#n=t,this.#t=s,this.#y=s.visible,this.#m=s.clock.now(),this.#l=r,this.#i=l?.state??rt(t.user),this.#p=l?.drafts??new Map,this.#r.restore(l?.changes??[]),this.#g=eo(t.lang);let{clock:a,crypto:c}=s,f=p=>{c.getRandomValues(p)};this.#s=new ct({url:lo(t.server),session:Ts(f),clock:a,tokens:new et(t,s.shelf,s.fetch,a),open:p=>s.openSocket(p),warn:p=>{s.warn(p)}},{frame:p=>{this.#S(p)},line:p=>{this.#E(p)},hello:()=>this.#M()});let u=p=>this.#s.send(p),m=p=>{this.#A(p)};this.#c=new mt(u,a,p=>{this.#s.probe(),p.kind==="history"&&this.#a.cameNot(p)}),this.#a=new ut({requests:this.#c,state:()=>this.#i,open:()=>this.#V(),changed:p=>{this.#w(`talk:${p}`)}}),this.#d=new gt({me:t.user,ask:p=>this.#c.ask(p,this.#i.limits.history_page),people:()=>this.#U().people,post:m}),this.#u=new ft({known:()=>this.#D(this.#a.unloaded),line:()=>this.#s.line,roster:()=>this.#U(),post:m}),this.#f=new dt(()=>r.flush(),m),this.#o=new ht({config:t,clock:a,random:f,database:o,vault:i,locks:s.locks,channel:s.openChannel(`gchat outbox ${t.site} ${t.user}`),skew:()=>this.#b,send:u,late:()=>{this.#s.probe()},changed:()=>{this.#G()},kept:()=>Promise.resolve().then(()=>r.flush()),lost:p=>{let w=`${p} unsent message(s) of an earlier login cannot be read any more: write them again`;this.#A({kind:"refused",code:"outbox_unreadable",message:w})}}),this.#v=s.watchNetwork(()=>{this.#s.wake()})}async load(){await this.#o.load()}start(){this.#u.all(),this.#s.start()}end(){this.#v(),this.#s.end(),this.#o.end(),this.#l.flush()}command(e){this.#_(e),"deed"in e&&this.#f.done(e.deed)}#_(e){switch(e.kind){case"open":{let{id:t,name:s,picture:o,profileUrl:i}=e.person;if(t===this.#n.user)return;let r={id:t,name:s,picture:o,profile_url:i,status:"online"};this.#I(ot(this.#n.user,t),"open",r);return}case"restore":this.#I(e.conversation,"open",null);return;case"minimise":this.#I(e.conversation,"minimised",null);return;case"close":this.#I(e.conversation,"closed",null);return;case"send":this.#z(e.conversation,""),this.#f.storing(this.#o.add(e.conversation,e.text,e.key));return;case"retry":this.#o.retry(e.key);return;case"discard":this.#B(e.conversation,e.key);return;case"older":this.#a.askOlder(e.conversation);return;case"seen":this.#H(e.conversation,e.seq);return;case"typing":this.#F(e.conversation);return;case"draft":this.#z(e.conversation,e.text);return;case"search":this.#d.wish(e.text,e.more??!1);return;case"visible":this.#W(e.visible);return;case"leaving":this.#l.flush();return;case"back":this.#s.restart(),this.#o.load();return;case"reconnect":this.#s.wake();return}}#M(){let e=so(this.#i,Ks),t=oo(this.#i);return{visible:this.#y,...e===void 0?{}:{cursor:e},...t===void 0?{}:{rosters:t}}}#E(e){if(this.#w("line"),e.state!=="online"){this.#c.clear(),this.#a.clear(),this.#r.unsend(),this.#o.offline();return}this.#L();for(let[t,s]of this.#k)this.#s.send({type:"read",conversation:t,seq:s});this.#a.askFirst(),this.#d.go(),this.#o.online(this.#i.limits.message_chars)}#S(e){switch(e.type){case"welcome":this.#b=e.server_time-this.#t.clock.now(),this.#h===Number.POSITIVE_INFINITY&&(this.#h=this.#m+this.#b),this.#P(Yt(this.#i,e,this.#t.clock.now())),this.#r.answered(e.dock.version,e.dock.windows),this.#j(),this.#C();return;case"history":this.#N(e);return;case"contacts":this.#K(e);return;case"ack":this.#o.acked(e.client_message_id);return;case"error":this.#$(e);return;default:break}this.#P(Yt(this.#i,e,this.#t.clock.now())),e.type==="dock"&&(this.#r.answered(e.version,e.windows),this.#j(),this.#C(),this.#L(),this.#a.askFirst()),e.type==="read"&&e.user===this.#n.user&&this.#j(),e.type==="typing"&&this.#Y()}#$(e){if(this.#o.refused(e))return;let t=this.#c.answered(e.request);if(t!==void 0){this.#q(t,e);return}let{code:s,message:o,conversation:i}=e;!this.#s.online||Bs(s)||(i!==void 0&&this.#r.drop(i),this.#w("dock"),this.#A({kind:"refused",code:s,message:o,...i===void 0?{}:{conversation:i}}))}#q(e,{final:t,code:s,message:o,retry_after_ms:i}){if(!t){this.#t.clock.after(i??ar,()=>{e.kind==="history"?this.#a.again(e):this.#d.go()});return}if(e.kind==="search")this.#d.forget();else{let l={asked:e.asked,firstSeq:1,seq:0,rev:0,messages:[]};this.#P(Jt(this.#i,e.conversation,l))}let{conversation:r}=e.kind==="history"?e:{conversation:void 0};this.#A({kind:"refused",code:s,message:o,...r===void 0?{}:{conversation:r}})}#P(e){let t=this.#i;this.#i=e.state;for(let s of e.committed)this.#o.committed(s);for(let s of ro(e.arrived,this.#i,this.#h))this.#A(s);for(let s of e.asks)s.kind==="roster"?this.#s.send({type:"roster",circle:s.circle}):s.after!==void 0?this.#a.askAfter(s.conversation,s.after):this.#a.askFirst();this.#O(t)}#O(e){let t=this.#i;(t.rosters!==e.rosters||t.circles!==e.circles)&&this.#w("roster"),(t.windows!==e.windows||t.typing!==e.typing)&&this.#w("dock");for(let{conversation:s}of t.windows)t.talks.get(s)===e.talks.get(s)&&P(t,s)?.other_read_seq===P(e,s)?.other_read_seq&&P(t,s)?.read_seq===P(e,s)?.read_seq||this.#w(`talk:${s}`);for(let s of this.#r.wanted.keys())this.#w(`talk:${s}`);this.#C()}#N({request:e,conversation:t,first_seq:s,seq:o,rev:i,messages:r}){let l=this.#c.answered(e);l?.kind!=="history"||l.conversation!==t||(this.#a.came(t),this.#P(Jt(this.#i,t,{asked:l.asked,firstSeq:s,seq:o,rev:i,messages:r})))}#V(){let{windows:e}=pt(this.#D(new Set));return e.filter(t=>t.state==="open").map(t=>t.conversation)}#I(e,t,s){if(Ys(e,this.#n.user)===void 0)return;let o=P(this.#i,e)?.seq??0;this.#r.want(e,t,s,this.#i.dockVersion,o),this.#w("dock"),this.#w(`talk:${e}`),this.#C(),this.#L(),this.#a.askFirst()}#C(){this.#l.keep({state:this.#i,drafts:this.#p,changes:this.#r.kept})}#L(){this.#r.sendWaiting(e=>this.#s.send(e)),this.#R?.(),this.#R=this.#r.waiting?this.#t.clock.after(rr,()=>{for(let e of[...this.#r.wanted.keys()])this.#r.drop(e);this.#C(),this.#w("dock")}):null}#H(e,t){let s=this.#i,o=P(s,e);o===void 0||t<=o.read_seq||(this.#i=at(s,e,this.#n.user,t),this.#k.set(e,t),this.#s.send({type:"read",conversation:e,seq:t}),this.#O(s))}#j(){for(let[e,t]of this.#k){let s=P(this.#i,e);s===void 0||s.read_seq>=t?this.#k.delete(e):this.#i=at(this.#i,e,this.#n.user,t)}}#F(e){let t=this.#t.clock.now();t-(this.#x.get(e)??0)<ir||this.#s.send({type:"typing",conversation:e})&&this.#x.set(e,t)}#z(e,t){if((this.#p.get(e)??"")===t)return;let s=new Map(this.#p);t===""?s.delete(e):s.set(e,t),this.#p=s,this.#C()}async#B(e,t){let s=await this.#o.discard(t);s===void 0||(this.#p.get(e)??"")!==""||(this.#z(e,s),this.#w("dock"))}#W(e){if(e!==this.#y){this.#y=e;let t=it(this.#i.rosters);this.#s.send({type:"visibility",visible:e,...e?{rosters:t}:{}})}e&&this.#s.wake()}#K(e){let t=this.#c.answered(e.request);t?.kind==="search"&&this.#d.came(t,e)}#G(){for(let{conversation:e}of this.#i.windows)this.#w(`talk:${e}`);for(let{conversation:e}of this.#o.pending)this.#w(`talk:${e}`)}#Y(){this.#T?.();let{clock:e}=this.#t;this.#T=e.after(Gt,()=>{let t=this.#i;this.#i=no(t,e.now()),this.#O(t)})}#w(e){this.#u.mark(e)}#U(){let e=Zs(this.#i.circles,this.#i.rosters,this.#n.user,this.#g);return{...e,known:e.known&&this.#i.welcomed}}#D(e){return{state:this.#i,pending:this.#o.pending,drafts:this.#p,wanted:this.#r.wanted,loading:e,late:this.#a.late,now:this.#t.clock.now()}}#A(e){this.#e.postMessage(e)}};var en=(n,e)=>e.some(t=>n instanceof t),uo,ho;function lr(){return uo||(uo=[IDBIndex,IDBObjectStore,IDBCursor,IDBDatabase,IDBTransaction])}function cr(){return ho||(ho=["advance","continue","continuePrimaryKey"].map(n=>IDBCursor.prototype[n]))}var tn=new WeakMap,Xt=new WeakMap,yt=new WeakMap;function dr(n){let e=new Promise((t,s)=>{let o=()=>{n.removeEventListener("success",i),n.removeEventListener("error",r)},i=()=>{t(Z(n.result)),o()},r=()=>{s(n.error),o()};n.addEventListener("success",i),n.addEventListener("error",r)});return yt.set(e,n),e}function ur(n){if(tn.has(n))return;let e=new Promise((t,s)=>{let o=()=>{n.removeEventListener("complete",i),n.removeEventListener("error",r),n.removeEventListener("abort",r)},i=()=>{t(),o()},r=()=>{s(n.error||new DOMException("AbortError","AbortError")),o()};n.addEventListener("complete",i),n.addEventListener("error",r),n.addEventListener("abort",r)});tn.set(n,e)}var nn={get(n,e,t){if(n instanceof IDBTransaction){if(e==="done")return tn.get(n);if(e==="store")return t.objectStoreNames[1]?void 0:t.objectStore(t.objectStoreNames[0])}return Z(n[e])},set(n,e,t){return n[e]=t,!0},has(n,e){return n instanceof IDBTransaction&&(e==="done"||e==="store")?!0:e in n}};function go(n){nn=n(nn)}function hr(n){return cr().includes(n)?function(...e){return n.apply(sn(this),e),Z(this.request)}:function(...e){return Z(n.apply(sn(this),e))}}function pr(n){return typeof n=="function"?hr(n):(n instanceof IDBTransaction&&ur(n),en(n,lr())?new Proxy(n,nn):n)}function Z(n){if(n instanceof IDBRequest)return dr(n);if(Xt.has(n))return Xt.get(n);let e=pr(n);return Object.is(e,n)||(Xt.set(n,e),yt.set(e,n)),e}var sn=n=>yt.get(n);function vo(n,e,{blocked:t,upgrade:s,blocking:o,terminated:i}={}){let r=indexedDB.open(n,e),l=Z(r);return s&&r.addEventListener("upgradeneeded",a=>{s(Z(r.result),a.oldVersion,a.newVersion,Z(r.transaction),a)}),t&&r.addEventListener("blocked",a=>t(a.oldVersion,a.newVersion,a)),l.then(a=>{i&&a.addEventListener("close",()=>i()),o&&a.addEventListener("versionchange",c=>o(c.oldVersion,c.newVersion,c))}).catch(()=>{}),l}var fr=["get","getKey","getAll","getAllKeys","count"],mr=["put","add","delete","clear"],Zt={};function po(n,e){if(!(n instanceof IDBDatabase&&!(e in n)&&typeof e=="string"))return;if(Zt[e])return Zt[e];let t=e.replace(/FromIndex$/,""),s=e!==t,o=mr.includes(t);if(!(t in(s?IDBIndex:IDBObjectStore).prototype)||!(o||fr.includes(t)))return;let i=async function(r,...l){let a=this.transaction(r,o?"readwrite":"readonly"),c=a.store;return s&&(c=c.index(l.shift())),(await Promise.all([c[t](...l),o&&a.done]))[0]};return Zt[e]=i}go(n=>({...n,get:(e,t,s)=>po(e,t)||n.get(e,t,s),has:(e,t)=>!!po(e,t)||n.has(e,t)}));var gr=["advance","continue","continuePrimaryKey"],fo={},on=new WeakMap,yo=new WeakMap,vr={get(n,e){if(!gr.includes(e))return n[e];let t=fo[e];return t||(t=fo[e]=function(...s){on.set(this,yo.get(this)[e](...s))}),t}};async function*yr(...n){let e=this;if(e instanceof IDBCursor||(e=await e.openCursor(...n)),!e)return;e=e;let t=new Proxy(e,vr);for(yo.set(t,e),yt.set(t,sn(e));e;)yield t,e=await(on.get(t)||e.continue()),on.delete(t)}function mo(n,e){return e===Symbol.asyncIterator&&en(n,[IDBIndex,IDBObjectStore,IDBCursor])||e==="iterate"&&en(n,[IDBIndex,IDBObjectStore])}go(n=>({...n,get(e,t,s){return mo(e,t)?yr:n.get(e,t,s)},has(e,t){return mo(e,t)||n.has(e,t)}}));async function bo(n){if(n)try{let e=await vo("gchat",1,{upgrade(t){t.createObjectStore("copies",{keyPath:["site","user","sid","part"]}),t.createObjectStore("outbox",{keyPath:"id"}).createIndex("owner",["site","user"])},blocking(){e.close()}});return e}catch{return}}async function wo(n,{site:e,user:t,sid:s}){let{store:o,done:i}=n.transaction("copies","readwrite");for(let r of await o.getAllKeys())r[0]===e&&(r[1]!==t||r[2]!==s)&&o.delete(r);await i}var br=3e3;async function ko(n,e,t){let s=[];n.onmessage=f=>s.push(f.data);let{database:o,vault:i}=await wr(e,t),r=new nt(e,o,i,t.clock),[l,a]=await Promise.all([r.load(rt(e.user)),t.left().catch(()=>[])]),c=new vt(n,e,t,{database:o,vault:i,keeper:r,copy:l});await c.load();for(let f of[...a,...s])c.command(f);return n.onmessage=f=>{c.command(f.data)},c.start(),()=>{c.end()}}async function wr(n,e){let t=await Rs(n.key,`${n.site} ${n.user}`,e.crypto).catch(()=>{}),s=new Promise(i=>{e.clock.after(br,()=>{i(void 0)})}),o=await Promise.race([bo(e.database),s]);return o===void 0?e.warn("no database in this browser: nothing is kept beyond this page"):wo(o,n).catch(()=>{}),{database:o,vault:t}}var q=class extends Error{};function kr(n,e){let t=new MessageChannel,{crypto:s}=globalThis,o=new tt({config:n,crypto:s,storage:()=>globalThis.sessionStorage,now:()=>Date.now()});Ss(o.port(t.port1),n,e),globalThis.addEventListener("pagehide",()=>{o.leave()}),globalThis.addEventListener("pageshow",r=>{r.persisted&&o.back()});let i=Es(n,()=>o.collect());ko(t.port2,n,i).catch(r=>{console.error("gchat: cannot start:",r)})}function xr(n,e){let t=a=>{let c=n.getAttribute(`data-${a}`);if(c===null||c==="")throw new q(`data-${a} is missing: the host's page must set it`);return c},s=a=>{let c=t(a);if(!URL.canParse(c,e))throw new q(`data-${a} is not a URL`);let f=new URL(c,e);if(!/^https?:$/.test(f.protocol))throw new q(`data-${a} is not an http(s) URL`);return f},o=s("server");if(!o.pathname.endsWith("/"))throw new q("data-server must end in a slash");let i=Number(t("user"));if(!Number.isSafeInteger(i)||i<1)throw new q("data-user is not a user's id: 1, 2, 3 …");let r=t("key");if(_e(r)===void 0)throw new q("data-key is not 32 bytes in unpadded base64url");let l=s("token-url");if(l.origin!==new URL(e).origin)throw new q("data-token-url must be of the page's own origin");return{server:o.origin+o.pathname,site:t("site"),user:i,sid:t("sid"),tokenUrl:l.href,key:r,lang:n.getAttribute("data-lang")??"en"}}function xo(){let n=document.querySelector("script[data-gchat]");if(n!==null)try{let e=xr(n,document.baseURI),t=n.getAttribute("data-container")??"body",s=document.querySelector(t);if(s===null)throw new q(`data-container: nothing on the page matches ${t}`);kr(e,s)}catch(e){console.error(`gchat: ${e instanceof Error?e.message:"cannot start"}`)}}document.readyState==="loading"?document.addEventListener("DOMContentLoaded",xo,{once:!0}):xo();export{xr as readPage,kr as start};
/*! For license information please see gchat.js.LEGAL.txt */
//# sourceMappingURL=gchat.js.map
