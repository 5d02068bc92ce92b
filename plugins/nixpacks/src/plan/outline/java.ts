import { askedVersion } from './asked-version.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Java and Kotlin by Gradle or Maven. */
export const java: OutlineProvider = {
  name: 'java',
  detect: ({ source }) =>
    [
      'gradlew',
      'build.gradle',
      'build.gradle.kts',
      'pom.xml',
      'pom.atom',
      'pom.clj',
      'pom.groovy',
      'pom.rb',
      'pom.scala',
      'pom.yaml',
      'pom.yml',
    ].find((name) => source.has(name)) ?? null,
  outline: (context) =>
    ['gradlew', 'build.gradle', 'build.gradle.kts'].some((name) => context.source.has(name))
      ? gradle(context)
      : maven(context),
};

function gradle(context: OutlineContext): ReturnType<OutlineProvider['outline']> {
  const { source, dialect } = context;
  const nix = dialect === 'nixpacks';
  const script = source.text('build.gradle') ?? source.text('build.gradle.kts') ?? '';
  const command = `${source.has('gradlew') ? './gradlew' : 'gradle'} clean build -x check -x test${nix ? '' : ' -Pproduction'}`;
  const spring = /org\.springframework\.boot/.test(script);
  const port = spring ? '-Dserver.port=$PORT ' : '';
  const jars = nix || source.has('build.gradle') || source.has('build.gradle.kts') ? '' : '*/';
  return outlineOf('java', {
    tools: [
      {
        tool: 'java',
        request: askedVersion(context, 'java', [
          [/JavaLanguageVersion\.of\((\d+)\)/.exec(script)?.[1], 'the toolchain in build.gradle'],
        ]),
      },
      {
        tool: 'gradle',
        request: askedVersion(context, 'gradle', [
          [
            /gradle-(\d[\d.]*)-/.exec(source.text('gradle/wrapper/gradle-wrapper.properties') ?? '')?.[1],
            'gradle-wrapper.properties',
          ],
        ]),
      },
    ],
    build: [...(source.has('gradlew') ? ['chmod +x gradlew'] : []), command],
    start: nix
      ? `java $JAVA_OPTS -jar ${port}$(ls -1 build/libs/*jar | grep -v plain)`
      : `java $JAVA_OPTS -jar ${port}$(ls -1 ${jars === '' ? '' : jars}build/libs/*jar | grep -v plain)`,
    caches: ['/root/.gradle'],
    why: [{ what: command, from: source.has('gradlew') ? 'gradlew' : 'build.gradle' }],
  });
}

function maven(context: OutlineContext): ReturnType<OutlineProvider['outline']> {
  const { source, dialect } = context;
  const nix = dialect === 'nixpacks';
  const pom = source.text('pom.xml') ?? '';
  const command = `${source.has('mvnw') ? './mvnw' : 'mvn'} -DoutputFile=target/mvn-dependency-list.log -B -DskipTests clean dependency:list install${nix ? '' : ' -Pproduction'}`;
  const port = /org\.springframework\.boot|spring-boot/.test(pom)
    ? '-Dserver.port=$PORT '
    : /wildfly-swarm/.test(pom)
      ? '-Dswarm.http.port=$PORT '
      : '';
  return outlineOf('java', {
    tools: [
      {
        tool: 'java',
        request: askedVersion(context, 'java', [
          [
            /<(?:java\.version|maven\.compiler\.release|maven\.compiler\.source)>\s*(?:1\.)?(\d+)/.exec(pom)?.[1],
            'pom.xml',
          ],
        ]),
      },
      { tool: 'maven', request: askedVersion(context, 'maven') },
    ],
    build: [...(source.has('mvnw') ? ['chmod +x mvnw'] : []), command],
    start: `java ${port}$JAVA_OPTS -jar target/*jar`,
    caches: ['/root/.m2'],
    why: [{ what: command, from: 'pom.xml' }],
  });
}
