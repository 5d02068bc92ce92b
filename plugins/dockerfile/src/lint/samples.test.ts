/** Dockerfiles with and without a fault; `fixed` is the first bad one after its fix. */
interface Sample {
  readonly bad: readonly string[];
  readonly good: readonly string[];
  readonly fixed?: string;
}

const base = 'FROM shop.example/base:3\n';

/** At least one sample for each rule. */
export const samples: Readonly<Record<string, Sample>> = {
  DL1001: {
    bad: [`# hadolint ignore=DL3059\n${base}`],
    good: [`# hadolint shell=bash\n${base}`, '# hadolint ignore=none of it\n'],
  },
  DL3000: {
    bad: [`${base}WORKDIR shop/till`],
    good: [`${base}WORKDIR /shop`, `${base}WORKDIR "$HOME/till"`, `${base}WORKDIR D:\\shop`],
  },
  DL3001: { bad: [`${base}RUN service postgresql start`], good: [`${base}RUN apt-get install -y ssh`] },
  DL3002: {
    bad: [`${base}USER 1\nUSER 0:1`],
    good: [`${base}USER root\nRUN a\nUSER till`, `${base}ONBUILD USER root`],
  },
  DL3003: { bad: [`${base}RUN mkdir a && cd a`], good: [`${base}WORKDIR /a`, `${base}RUN echo cd`] },
  DL3004: { bad: [`${base}RUN a && sudo b`], good: [`${base}RUN echo "sudo b"`] },
  DL3006: {
    bad: ['FROM localhost:5000/shop'],
    good: ['FROM scratch', 'FROM $BASE', 'FROM a:1 AS b\nFROM B', 'FROM a@sha256:0123'],
  },
  DL3007: { bad: ['FROM shop:latest AS x'], good: ['FROM shop:latest-stable', 'FROM x:latest@sha256:0123'] },
  DL3008: { bad: [`${base}RUN apt-get install -y jq`], good: [`${base}RUN apt-get install -y jq=1.7* ./a.deb $MORE`] },
  DL3009: {
    bad: [`${base}RUN apt-get update && apt-get install -y jq`],
    good: [
      `${base}RUN apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*`,
      `${base}RUN --mount=type=cache,target=/var/lib/apt/ apt-get update`,
      `FROM a:1\nRUN apt-get update\nFROM b:1\n`,
    ],
    fixed: `${base}RUN apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*`,
  },
  DL3010: {
    bad: [`${base}COPY goods.tgz /tmp/\nRUN tar xzf /tmp/goods.tgz`],
    good: [`${base}COPY goods.tgz /tmp/\nRUN tar czf /x.tgz /tmp`],
  },
  DL3011: { bad: [`${base}EXPOSE 80 65000-70000/tcp`], good: [`${base}EXPOSE 80/tcp $PORT`] },
  DL3012: {
    bad: [`${base}HEALTHCHECK CMD a\nHEALTHCHECK CMD b`],
    good: [`${base}HEALTHCHECK CMD a\n${base}HEALTHCHECK CMD b`],
  },
  DL3013: {
    bad: [`${base}RUN python3 -m pip install flask`, `${base}RUN pip install git+https://git.example/x.git`],
    good: [
      `${base}RUN pip install flask==3.0 -e . && pip install -r a.txt`,
      `${base}RUN pip install 'flask<4' ./x.whl`,
    ],
  },
  DL3014: {
    bad: [`${base}RUN apt-get install jq=1`],
    good: [`${base}RUN apt-get install -qq jq`, `${base}RUN apt-get -o APT::Get::Assume-Yes=true install jq`],
    fixed: `${base}RUN apt-get install -y jq=1`,
  },
  DL3015: {
    bad: [`${base}RUN apt-get install -y jq`],
    good: [`${base}RUN apt-get install --no-install-recommends jq`],
    fixed: `${base}RUN apt-get install --no-install-recommends -y jq`,
  },
  DL3016: {
    bad: [`${base}RUN npm i -g pnpm`, `${base}RUN npm install @shop/till`],
    good: [`${base}RUN npm install -g pnpm@9 @shop/till@1 && npm i`],
  },
  DL3018: { bad: [`${base}RUN apk add jq`], good: [`${base}RUN apk add -t tools "jq>1" ./a.apk curl=~8`] },
  DL3019: {
    bad: [`${base}RUN apk add jq=1`],
    good: [`${base}RUN apk --no-cache add jq`, `${base}RUN --mount=type=cache,target=/var/cache/apk apk add jq`],
    fixed: `${base}RUN apk add --no-cache jq=1`,
  },
  DL3020: {
    bad: [`${base}ADD shop /shop`],
    good: [`${base}ADD shop.tar.xz https://a.example/b /shop/`],
    fixed: `${base}COPY shop /shop`,
  },
  DL3021: {
    bad: [`${base}COPY a b /shop`],
    good: [`${base}COPY a b /shop/`, `${base}COPY ["a", "b/"]`],
    fixed: `${base}COPY a b /shop/`,
  },
  DL3022: {
    bad: [`${base}COPY --from=kitchen a /b`],
    good: [`FROM a:1 AS kitchen\n${base}COPY --from=Kitchen a /b\nCOPY --from=0 a /b\nCOPY --from=x:1 a /b`],
  },
  DL3023: {
    bad: ['FROM a:1 AS till\nCOPY --from=till a /b'],
    good: [`FROM a:1 AS till\n${base}COPY --from=till a /b`],
  },
  DL3024: { bad: ['FROM a:1 AS till\nFROM b:1 AS Till'], good: ['FROM a:1 AS till\nFROM b:1 AS tills'] },
  DL3025: { bad: [`${base}CMD node shop.js`, `${base}ENTRYPOINT ['node']`], good: [`${base}CMD ["node", "shop.js"]`] },
  DL3027: {
    bad: [`${base}RUN apt install jq`],
    good: [`${base}RUN apt-get install jq`],
    fixed: `${base}RUN apt-get install jq`,
  },
  DL3028: { bad: [`${base}RUN gem install rack`], good: [`${base}RUN gem install rack:3 && gem install -v 3 rack`] },
  DL3029: { bad: ['FROM --platform=linux/arm64 a:1'], good: ['FROM --platform=$BUILDPLATFORM a:1'] },
  DL3030: {
    bad: [`${base}RUN yum install jq-1`],
    good: [`${base}RUN yum -y install jq-1`],
    fixed: `${base}RUN yum install -y jq-1`,
  },
  DL3032: {
    bad: [`${base}RUN yum -y install jq-1`],
    good: [`${base}RUN yum -y install jq-1 && rm -rf /var/cache/yum`],
    fixed: `${base}RUN yum -y install jq-1 && yum clean all`,
  },
  DL3033: {
    bad: [`${base}RUN yum -y install jq-devel`],
    good: [`${base}ARG V=1\nRUN yum -y install jq-$V https://a.example/b.rpm`],
  },
  DL3034: {
    bad: [`${base}RUN zypper in jq=1`],
    good: [`${base}RUN zypper -n in jq=1`],
    fixed: `${base}RUN zypper in -y jq=1`,
  },
  DL3035: { bad: [`${base}RUN zypper -n dup`], good: [`${base}RUN zypper -n patch`] },
  DL3036: {
    bad: [`${base}RUN zypper -n in jq=1`],
    good: [`${base}RUN zypper -n in jq=1 && zypper cc -a`],
    fixed: `${base}RUN zypper -n in jq=1 && zypper clean`,
  },
  DL3037: { bad: [`${base}RUN zypper -n in jq`], good: [`${base}RUN zypper -n in 'jq>=1'`] },
  DL3038: {
    bad: [`${base}RUN dnf install jq-1`],
    good: [`${base}RUN microdnf install -y jq-1`],
    fixed: `${base}RUN dnf install -y jq-1`,
  },
  DL3040: {
    bad: [`${base}RUN microdnf install -y jq-1`],
    good: [`${base}RUN --mount=type=cache,target=/var/cache/dnf dnf install -y jq-1`],
    fixed: `${base}RUN microdnf install -y jq-1 && microdnf clean all`,
  },
  DL3041: {
    bad: [`${base}RUN dnf -y install jq`, `${base}RUN dnf -y module install ruby`],
    good: [`${base}RUN dnf -y install jq-1.7 && dnf -y module install ruby:3`],
  },
  DL3042: {
    bad: [`${base}RUN pip install flask==3`],
    good: [
      `${base}ENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3`,
      `${base}RUN --mount=type=cache,target=/root/.cache/pip pip install flask==3`,
    ],
    fixed: `${base}RUN pip install --no-cache-dir flask==3`,
  },
  DL3043: { bad: [`${base}ONBUILD FROM a:1`], good: [`${base}ONBUILD RUN a`] },
  DL3044: { bad: [`${base}ENV A=1 B=\${A}2`], good: [`${base}ENV A=1\nENV B=$A C=$AB PATH=/a:$PATH`] },
  DL3045: {
    bad: [`FROM a:1\nWORKDIR /x\n${base}COPY a b`],
    good: [`FROM a:1 AS x\nWORKDIR /x\nFROM x\nCOPY a b`, `${base}COPY a $B`],
  },
  DL3046: {
    bad: [`${base}RUN useradd --uid 1000000 till`],
    good: [`${base}RUN useradd -lu 1000000 till`],
    fixed: `${base}RUN useradd -l --uid 1000000 till`,
  },
  DL3047: {
    bad: [`${base}RUN wget https://a.example/b`],
    good: [`${base}RUN wget -qO- https://a.example/b`],
    fixed: `${base}RUN wget --progress=dot:giga https://a.example/b`,
  },
  DL3048: {
    bad: [`${base}LABEL io.docker.shop=1`, `${base}LABEL 9=1`, `${base}LABEL a..b=1`],
    good: [`${base}LABEL example.shop-name="a b" b=c`],
  },
  DL3057: { bad: [`${base}CMD ["a"]`], good: [`FROM a:1 AS x\nHEALTHCHECK CMD a\nFROM x`, `${base}HEALTHCHECK NONE`] },
  DL3059: { bad: [`${base}RUN a\nRUN b`], good: [`${base}RUN a && b\nRUN c`, `${base}RUN a\nUSER 1\nRUN b`] },
  DL3060: {
    bad: [`${base}RUN yarn install`],
    good: [`${base}RUN yarn install && yarn cache clean`, `FROM a:1 AS x\nRUN yarn install\n${base}`],
    fixed: `${base}RUN yarn install && yarn cache clean`,
  },
  DL3061: { bad: [`RUN a\n${base}`], good: [`ARG A\n${base}RUN a`] },
  DL3062: {
    bad: [`${base}RUN go install a.example/b/...`, `${base}RUN go get a.example/b@latest`],
    good: [`${base}RUN go install a.example/b@v1 ./cmd/... && go run main.go`],
  },
  DL3063: { bad: ['FROM a:1 AS context'], good: ['FROM a:1 AS contexts'] },
  DL3064: { bad: [`${base}ARG NPM_TOKEN`, `${base}ENV DB_PASSWORD=x`], good: [`${base}ARG PUBLIC_KEY\nENV MONKEY=1`] },
  DL3065: {
    bad: ['FROM --platform=$TARGETPLATFORM a:1'],
    good: ['FROM --platform=$BUILDPLATFORM a:1'],
    fixed: 'FROM a:1',
  },
  DL3066: { bad: [`${base}USER till`], good: [`${base}USER 1000:till`, `${base}USER $WHO`] },
  DL3067: {
    bad: ['FROM a:1 AS x\nFROM scratch\nCOPY --from=x / /'],
    good: ['FROM a:1 AS x\nFROM scratch\nCOPY --from=x /shop /'],
  },
  DL4000: {
    bad: [`${base}MAINTAINER Ann "of" Shop`],
    good: [base],
    fixed: `${base}LABEL org.opencontainers.image.authors="Ann \\"of\\" Shop"`,
  },
  DL4001: { bad: [`${base}RUN wget -q a\nRUN curl b`], good: [`${base}RUN wget -q a\n${base}RUN curl b`] },
  DL4003: { bad: [`${base}CMD ["a"]\nCMD ["b"]`], good: [`${base}ONBUILD CMD ["a"]\nCMD ["b"]`] },
  DL4004: { bad: [`${base}ENTRYPOINT ["a"]\nENTRYPOINT ["b"]`], good: [`${base}ENTRYPOINT ["a"]`] },
  DL4005: { bad: [`${base}RUN ln -sf /bin/bash /bin/sh`], good: [`${base}RUN ln -s a b && echo /bin/sh`] },
  DL4006: {
    bad: [`${base}RUN a | b`],
    good: [
      `${base}SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN a | b`,
      `${base}RUN set -o pipefail; a | b`,
      `${base}RUN a || b`,
    ],
    fixed: `${base}SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a | b`,
  },
  UndefinedArgInFrom: { bad: ['FROM a:$V'], good: ['ARG V=1\nFROM a:$V', 'FROM a:${V:-1}', 'FROM a:$TARGETARCH'] },
  UndefinedVar: {
    bad: [`ARG V=1\n${base}COPY a /$V/`, `${base}ENV A=1\nFROM b:1\nWORKDIR /$A`],
    good: [
      `${base}ARG V\nCOPY a /$V/`,
      `FROM a:1 AS x\nENV A=1\nFROM x\nWORKDIR /$A`,
      `${base}ENV PATH=/a:$PATH B='$C' D=\\$E`,
    ],
  },
  ConsistentInstructionCasing: {
    bad: ['FROM a:1\nrun b\nUSER 1'],
    good: ['from a:1\nrun b'],
    fixed: 'FROM a:1\nRUN b\nUSER 1',
  },
  StageNameCasing: { bad: ['FROM a:1 AS Till'], good: ['FROM a:1 AS till'] },
  FromAsCasing: { bad: ['FROM a:1 as till'], good: ['from a:1 as till'], fixed: 'FROM a:1 AS till' },
  LegacyKeyValueFormat: { bad: [`${base}ENV A b c`], good: [`${base}ENV A=b C=d`] },
  ExposeProtoCasing: { bad: [`${base}EXPOSE 80/TCP`], good: [`${base}EXPOSE 80/udp`], fixed: `${base}EXPOSE 80/tcp` },
  ExposeInvalidFormat: { bad: [`${base}EXPOSE 127.0.0.1:80:80`], good: [`${base}EXPOSE 80-90/tcp $PORT`] },
  NoEmptyContinuation: {
    bad: [`${base}RUN a \\\n\n  b`],
    good: [`${base}RUN a \\\n  # b\n  c\n\nUSER 1`],
    fixed: `${base}RUN a \\\n  b`,
  },
  CacheDependencies: {
    bad: [
      `${base}WORKDIR /shop\nCOPY --chown=1 . .\nRUN npm ci\nRUN npm run build\n`,
      `${base}COPY . /shop\nRUN pip install --no-cache-dir -r requirements.txt && a`,
      `${base}COPY ./ ./\nRUN go mod download`,
    ],
    good: [
      `${base}COPY package.json ./\nRUN npm ci\nCOPY . .\nRUN npm ci`,
      `${base}COPY . .\nRUN npm run install`,
      `${base}COPY . .\nRUN pip install .`,
      `FROM a:1 AS x\n${base}COPY --from=x . .\nRUN npm ci`,
    ],
    fixed: `${base}WORKDIR /shop\nCOPY --chown=1 package.json package-lock.json* ./\nRUN npm ci\nCOPY --chown=1 . .\nRUN npm run build\n`,
  },
};
